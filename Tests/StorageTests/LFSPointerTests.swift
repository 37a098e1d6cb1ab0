import Foundation
import Integrity
import Storage
import Testing

@Suite struct LFSPointerTests {
    private let pointer = LFSPointer(digest: SHA256.digest(of: Array("abc".utf8)), bytes: 3)

    @Test func isTheTextOfTheSpecification() {
        #expect(
            pointer.text == """
                version https://git-lfs.github.com/spec/v1
                oid sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
                size 3

                """)
        #expect(LFSPointer(pointer.text) == pointer)
    }

    @Test func readsNothingElse() {
        let text = pointer.text
        let others = [
            "", String(text.dropLast()), text + "\n", text.replacing("size 3", with: "size 03"),
            text.replacing("size 3", with: "size +3"), text.replacing("size 3", with: "size -3"),
            text.replacing("ba78", with: "BA78"), text.replacing("spec/v1", with: "spec/v2"),
            text.replacing("sha256", with: "sha512"), text.replacing("\n", with: "\r\n"),
            "size 3\n" + text,
        ]
        for other in others { #expect(LFSPointer(other) == nil, "\(other)") }
    }

    @Test(.enabled(if: hasProgram("git-lfs"), "git-lfs is not installed"))
    func gitLFSAcceptsItAndWritesTheSame() throws {
        let fixture = try StorageFixture()
        let file = try fixture.file("weights.bin", bytes: 100_000)
        let mine = LFSPointer(digest: file.digest, bytes: 100_000)
        try AtomicFile.write(mine.text, to: fixture.root + "/pointer")
        let lfs = try SystemProgram("git-lfs", package: "git-lfs")
        let check = try lfs.run(["pointer", "--check", "--strict", "--file", fixture.root + "/pointer"])
        #expect(check.status == 0, "\(check)")
        let made = try lfs.run(["pointer", "--file", file.path])
        #expect(made.output == mine.text)
    }

    @Test(.enabled(if: hasProgram("git-lfs"), "git-lfs is not installed"))
    func gitLFSFindsObjectsOfAStore() throws {
        let fixture = try StorageFixture()
        let file = try fixture.file("weights.bin", bytes: 50_000)
        try fixture.store.add(file)
        let git = try SystemProgram("git", package: "git")
        let repository = fixture.root + "/repo"
        for arguments in [
            ["init", "-q", repository], ["-C", repository, "config", "lfs.storage", fixture.root + "/store"],
        ] {
            #expect(try git.run(arguments).status == 0)
        }
        try AtomicFile.write(LFSPointer(digest: file.digest, bytes: 50_000).text, to: fixture.root + "/pointer")
        let smudge = try SystemProgram("sh", package: "dash")
            .run(["-c", "git lfs smudge weights.bin <../pointer >../restored"], in: repository)
        #expect(smudge.status == 0, "\(smudge)")
        #expect(try fixture.content(fixture.root + "/restored") == fixture.content(file.path))
    }
}
