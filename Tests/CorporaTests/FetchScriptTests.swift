import Corpora
import Foundation
import Testing

/// `scripts/fetch-demo-corpus`, without a network: bad arguments, and a package that is in the cache already.
@Suite struct FetchScriptTests {
    private let folder = TemporaryFolder()

    private func run(_ tool: String, _ arguments: [String]) throws -> (status: Int32, messages: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        let messages = Pipe()
        process.standardError = messages
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let bytes = messages.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    private func fetch(_ arguments: String...) throws -> (status: Int32, messages: String) {
        try run(FallbackCorpusTests.repository + "/scripts/fetch-demo-corpus", arguments)
    }

    private static func has(_ tool: String) -> Bool {
        ["/usr/bin", "/usr/local/bin", "/bin"].contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
        }
    }

    @Test func `bad arguments stop it before any work`() throws {
        try folder.write("mine/thesis.txt", "mine")
        #expect(try fetch().status == 2)
        #expect(try fetch("--bogus").status == 2)
        #expect(try fetch("--bytes", "many", folder["out"]).status == 2)
        let unknown = try fetch("--languages", "fr tlh", folder["out"])
        #expect(unknown.status == 2 && unknown.messages.contains("tlh"))
        let mine = try fetch("--cache", folder["cache"], folder["mine"])
        #expect(mine.status == 2 && mine.messages.contains("was not made by this script"))
        #expect(try folder.names() == ["mine"])
    }

    @Test(.enabled(if: has("dpkg-deb") && has("mandoc") && has("col"), "needs dpkg-deb, mandoc and col"))
    func `a cached package becomes text with its record`() throws {
        try makePackage()
        let first = try fetch("--cache", folder["cache"], "--languages", "ja", folder["out"])
        #expect(first.status == 0, "\(first.messages)")
        #expect(
            try folder.names("out/ja/manpages-ja") == ["SOURCE.json", "copyright", "ondo.1.txt"],
            "redirects and stubs are left out")
        let text = String(decoding: try folder.read("out/ja/manpages-ja/ondo.1.txt"), as: UTF8.self)
        #expect(text.hasPrefix("名前\n  ondo - 温室の温度を測る\n"))
        #expect(!text.contains("\u{8}") && !text.contains("ONDO(1)") && !text.contains("2024-05-01"))
        let again = try fetch("--cache", folder["cache"], "--languages", "ja", folder["out"])
        #expect(again.status == 0 && again.messages.contains("up to date"))

        _ = try CorpusBuilder.build(sources: [CorpusSource(path: folder["out"])], output: folder["corpus"])
        let row = try #require(try Corpus.open(folder["corpus"]).documents(language: "ja").first)
        #expect(row.source == "manpages-ja" && row.version == "7-1" && row.licence == "CC0-1.0, MIT")
    }

    /// Builds a package with a page, a stub and a redirect, and puts it into the cache.
    private func makePackage() throws {
        let pages = "package/usr/share/man/ja/man1"
        let sentence = "温室の温度を一分ごとに測り、記録します。\n"
        try folder.write(
            "\(pages)/ondo.1",
            ".TH ONDO 1 2024-05-01 serre\n.SH 名前\nondo \\- 温室の温度を測る\n.SH 説明\n"
                + ".B 重要:\n" + String(repeating: sentence, count: 8))
        try folder.write("\(pages)/stub.1", ".TH STUB 1\n.SH 名前\nstub\n")
        try folder.write("\(pages)/alias.1", ".\\\" comment\n.so man1/ondo.1\n")
        #expect(try run("gzip", ["ondo.1", "stub.1", "alias.1"].map { folder["\(pages)/\($0)"] }).status == 0)
        try folder.write(
            "package/usr/share/doc/manpages-ja/copyright",
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
                + "Files: *\nCopyright: nobody\nLicense: MIT\n\nFiles: a\nLicense: CC0-1.0\n\nFiles: b\nLicense: MIT\n")
        try folder.write(
            "package/DEBIAN/control",
            "Package: manpages-ja\nVersion: 7-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\n"
                + "Description: test\n")
        try FileManager.default.createDirectory(atPath: folder["cache"], withIntermediateDirectories: true)
        let built = try run("dpkg-deb", ["-b", folder["package"], folder["cache/manpages-ja_7-1_all.deb"]])
        #expect(built.status == 0, "\(built.messages)")
    }
}
