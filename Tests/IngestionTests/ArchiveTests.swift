import Diagnostics
import Foundation
import Testing

@testable import Ingestion

@Suite struct ArchiveTests {
    private let folder = TemporaryFolder()

    private func source(
        _ name: String, include: [String] = ["**"], language: String? = nil, format: TextFormat = .plain
    ) -> Source {
        let files = ArchiveFiles(paths: [folder[name]], include: include, format: format)
        let isPackage = name.hasSuffix(".deb") || name == "packages"
        return Source(name: "a", kind: isPackage ? .debianPackages(files) : .archives(files), language: language)
    }

    /// A tree with texts, one compressed, a binary file and links.
    private func writeTree(_ root: String) throws {
        try folder.write("\(root)/usr/share/doc/x/notes.txt", "plain notes")
        try folder.write("\(root)/usr/share/doc/x/café/lire.txt", "une note")
        try folder.write("\(root)/usr/share/doc/x/data.bin", [1, 0, 2])
        try folder.write("\(root)/usr/share/man/fr/man1/x.1", "page française")
        try folder.write("\(root)/usr/share/man/pt_BR/man1/x.1", "página brasileira")
        try folder.run("gzip", "-n", "\(root)/usr/share/man/fr/man1/x.1")
        try folder.link("\(root)/usr/share/doc/x/link.txt", to: "notes.txt")
    }

    private func makeTar(_ name: String, of root: String, _ filter: String = "--no-auto-compress") throws {
        try folder.run("tar", "--sort=name", "--format=pax", "-C", root, filter, "-cf", name, ".")
    }

    /// A package as dpkg-deb makes it, from `ar` and `tar`.
    private func makePackage(_ name: String, of root: String, _ filter: String, _ ending: String) throws {
        try folder.write("debian-binary", "2.0\n")
        try folder.write("ctl/control", "Package: x\nVersion: 1\nArchitecture: all\n")
        try makeTar("control.tar\(ending)", of: "ctl", filter)
        try makeTar("data.tar\(ending)", of: root, filter)
        try folder.run("ar", "rc", name, "debian-binary", "control.tar\(ending)", "data.tar\(ending)")
    }

    private let contents = [
        "usr/share/doc/x/café/lire.txt -: une note", "usr/share/doc/x/data.bin !nul-byte",
        "usr/share/doc/x/link.txt !link", "usr/share/doc/x/notes.txt -: plain notes",
        "usr/share/man/fr/man1/x.1.gz -: page française", "usr/share/man/pt_BR/man1/x.1 -: página brasileira",
    ]

    @Test(arguments: [("--no-auto-compress", ""), ("--gzip", ".gz"), ("--xz", ".xz"), ("--zstd", ".zst")])
    func `tar archives give their members in order`(filter: String, ending: String) throws {
        guard filter != "--zstd" || TemporaryFolder.has("zstd") else { return }
        try writeTree("tree")
        try makeTar("a.tar\(ending)", of: "tree", filter)
        #expect(try readAll(source("a.tar\(ending)")).map(\.summary) == contents.map { "a.tar\(ending)/\($0)" })
    }

    @Test(arguments: [("--no-auto-compress", ""), ("--gzip", ".gz"), ("--xz", ".xz"), ("--zstd", ".zst")])
    func `packages give the files that match, with the language of their path`(filter: String, ending: String) throws {
        guard TemporaryFolder.has("ar"), filter != "--zstd" || TemporaryFolder.has("zstd") else { return }
        try writeTree("tree")
        try makePackage("x_1_all.deb", of: "tree", filter, ending)
        #expect(try readAll(source("x_1_all.deb")).map(\.summary) == contents.map { "x_1_all.deb/\($0)" })
        let chosen = try readAll(source("x_1_all.deb", include: ["usr/share/man/{lang}/**", "**/café/*.txt"]))
        #expect(
            chosen.map(\.summary) == [
                "x_1_all.deb/usr/share/doc/x/café/lire.txt -: une note",
                "x_1_all.deb/usr/share/man/fr/man1/x.1.gz fr: page française",
                "x_1_all.deb/usr/share/man/pt_BR/man1/x.1 pt-BR: página brasileira",
            ])
        let stated = try readAll(source("x_1_all.deb", include: ["usr/share/man/{lang}/**"], language: "ca"))
        #expect(
            stated.map(\.summary.utf8.count)
                == chosen.dropFirst().map(\.summary.utf8.count).enumerated().map {
                    $0.element - ($0.offset == 1 ? 3 : 0)
                })
    }

    @Test func `a package made by dpkg-deb is read`() throws {
        guard TemporaryFolder.has("dpkg-deb") else { return }
        try writeTree("tree")
        try folder.write(
            "tree/DEBIAN/control",
            "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: Someone <a@example.org>\nDescription: x\n")
        try folder.run("chmod", "-R", "u=rwX,go=rX", "tree")
        try folder.run("dpkg-deb", "--root-owner-group", "--build", "tree", "x.deb")
        #expect(try readAll(source("x.deb")).map(\.summary).sorted() == contents.map { "x.deb/\($0)" }.sorted())
    }

    @Test func `folders of packages are read in order`() throws {
        guard TemporaryFolder.has("ar") else { return }
        try folder.write("one/a.txt", "one")
        try folder.write("two/a.txt", "two")
        try folder.write("packages/readme.txt", "not read")
        try makePackage("packages/b.deb", of: "one", "--xz", ".xz")
        try makePackage("packages/a.deb", of: "two", "--gzip", ".gz")
        #expect(try readAll(source("packages")).map(\.summary) == ["a.deb/a.txt -: two", "b.deb/a.txt -: one"])
    }

    @Test(arguments: ["a.tar", "a.tar.gz", "a.tar.xz", "x.deb"])
    func `a truncated archive keeps the members before the damage and names it`(name: String) throws {
        guard name != "x.deb" || TemporaryFolder.has("ar") else { return }
        var random = SystemlessRandom(seed: 3)
        for i in 0..<40 {
            let words = (0..<600).map { _ in String(random.next() % 100_000) }
            try folder.write("tree/\(i + 100).txt", words.joined(separator: " "))
        }
        switch name {
        case "x.deb": try makePackage(name, of: "tree", "--gzip", ".gz")
        case "a.tar": try makeTar(name, of: "tree")
        default: try makeTar(name, of: "tree", name.hasSuffix("gz") ? "--gzip" : "--xz")
        }
        let whole = try readAll(source(name)).map(\.summary)
        #expect(whole.count == 40)
        let bytes = try folder.read(name)
        for share in [0, 1, 7, 60, 300, 700, bytes.count / 3, bytes.count / 2 + 77, bytes.count * 9 / 10] {
            try folder.write(name, bytes.prefix(share))
            let items = try readAll(source(name))
            #expect(items.last?.summary.hasSuffix(" !damaged-archive") == true, "\(share) bytes of \(name)")
            #expect(
                items.dropLast().map(\.summary) == Array(whole.prefix(items.count - 1)), "\(share) bytes of \(name)")
            if share == bytes.count * 9 / 10, name != "a.tar.xz" { #expect(items.count > 20) }
        }
    }

    @Test func `damage in a compressed member is that member's own`() throws {
        try folder.write("tree/a.txt", String(repeating: "une graine ", count: 500))
        try folder.run("gzip", "tree/a.txt")
        try folder.write("tree/a.txt.gz", try folder.read("tree/a.txt.gz").dropLast(12))
        try folder.write("tree/b.txt", "after")
        try makeTar("a.tar", of: "tree")
        #expect(
            try readAll(source("a.tar")).map(\.summary) == ["a.tar/a.txt.gz !damaged-archive", "a.tar/b.txt -: after"])
    }

    @Test func `bytes changed at random give documents, skips or a refusal, never a crash`() throws {
        guard TemporaryFolder.has("ar") else { return }
        try writeTree("tree")
        try makePackage("x.deb", of: "tree", "--gzip", ".gz")
        try makeTar("a.tar", of: "tree")
        var random = SystemlessRandom(seed: 8)
        for name in ["x.deb", "a.tar"] {
            let bytes = try folder.read(name)
            for _ in 0..<300 {
                var changed = bytes
                for _ in 0..<4 {
                    changed[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                try folder.write(name, changed)
                do throws(Diagnostic) {
                    #expect(try readAll(source(name)).count < 20)
                } catch {
                    #expect(error.code == "ingestion.expansion")
                }
            }
        }
    }

    @Test func `what is too long is passed over, and the next member is read`() throws {
        try folder.write("tree/a.txt", String(repeating: "x", count: 3_000_000))
        try folder.write("tree/b.txt", "after")
        try makeTar("a.tar.gz", of: "tree", "--gzip")
        let items = try readAll(source("a.tar.gz"), .with { $0.maximumDocumentBytes = 1_000 })
        #expect(items.map(\.summary) == ["a.tar.gz/a.txt !too-long", "a.tar.gz/b.txt -: after"])
    }

    @Test func `holes of sparse files are zeros`() throws {
        try folder.run(
            "sh", "-c", "mkdir tree; truncate -s 1M tree/a.txt; printf 'end' >> tree/a.txt; printf 'after' > tree/b.txt"
        )
        try folder.run("tar", "--sparse", "-C", "tree", "-cf", "a.tar", "a.txt", "b.txt")
        try #require(try folder.read("a.tar").count < 100_000)
        let items = try readAll(source("a.tar"))
        #expect(items.map(\.summary) == ["a.tar/a.txt !nul-byte", "a.tar/b.txt -: after"])
        #expect(
            try readAll(source("a.tar"), .with { $0.maximumDocumentBytes = 1 << 20 })[0].summary
                == "a.tar/a.txt !too-long")
        #expect(try readAll(source("a.tar", include: ["b.txt"])).count == 1)
    }

    @Test(arguments: [["**"], ["nothing/*"]]) func `a bomb is refused, also in members that are passed over`(
        include: [String]
    ) throws {
        try folder.run("sh", "-c", "mkdir tree && head -c 30000000 /dev/zero > tree/zeros.txt")
        try makeTar("a.tar.gz", of: "tree", "--gzip")
        let error = diagnostic { () throws(Diagnostic) in
            _ = try readAll(source("a.tar.gz", include: include), .with { $0.freeExpansionBytes = 1 << 20 })
        }
        #expect(error?.code == "ingestion.expansion")
        #expect(error?.location?.file == folder["a.tar.gz"])
    }

    @Test(arguments: [true, false], [true, false])
    func `an archive that is written to while it is read stops the reading`(isCut: Bool, isCompressed: Bool) throws {
        var random = SystemlessRandom(seed: 5)
        for number in 0..<9 {
            try folder.write("tree/\(number).txt", (0..<5_000).map { _ in String(random.next()) }.joined())
        }
        let name = isCompressed ? "a.tar.gz" : "a.tar"
        try makeTar(name, of: "tree", isCompressed ? "--gzip" : "--no-auto-compress")
        let reader = try SourceReader(source(name))
        let unit = try #require(try reader.plan().units.first)
        let size = try folder.read(name).count
        try #require(size > 300_000)
        var count = 0
        let error = diagnostic { () throws(Diagnostic) in
            try reader.read(unit) { (_) throws(Diagnostic) in
                count += 1
                if count == 1 { truncate(folder[name], isCut ? size - 100_000 : size + 5) }
            }
        }
        #expect(error?.code == "ingestion.source-changed" && error?.location?.file == folder[name])
    }

    @Test func `what is no package or archive is named`() throws {
        try folder.write("x.deb", "nonsense, long enough to be looked at by any reader of archives")
        #expect(try readAll(source("x.deb")).map(\.summary) == ["x.deb !damaged-archive"])
        try folder.write("a.tar", [UInt8](repeating: 120, count: 5_000))
        #expect(try readAll(source("a.tar")).map(\.summary) == ["a.tar !damaged-archive"])
        let plan = try SourceReader(source("a.tar")).plan()
        try FileManager.default.removeItem(atPath: folder["a.tar"])
        let reader = try SourceReader(source("a.tar"))
        let gone = diagnostic { () throws(Diagnostic) in
            for unit in plan.units { try reader.read(unit) { (_) throws(Diagnostic) in } }
        }
        #expect(gone?.code == "ingestion.source-changed" && gone?.kind == .failure)
        let error = diagnostic { () throws(Diagnostic) in _ = try SourceReader(source("b.tar", include: ["/x"])) }
        #expect(error?.code == "ingestion.bad-pattern")
    }
}
