import Diagnostics
import Foundation
import Testing

@testable import Ingestion

@Suite struct FolderTests {
    private let folder = TemporaryFolder()

    private func source(_ name: String = "texts", language: String? = nil) -> Source {
        Source(name: "texts", kind: .folder(TextFolder(path: folder[name])), language: language)
    }

    private func summaries(_ limits: IngestionLimits = .init(), language: String? = nil) throws -> [String] {
        try readAll(source(language: language), limits).map(\.summary)
    }

    @Test func `files come in byte-wise order of whole paths, with the language of their folder`() throws {
        for name in ["fr/b.txt", "fr/a/z.txt", "fr/a-b.txt", "fr/a.txt", "de/x.txt", "fr/é.txt", "fr/B.txt"] {
            try folder.write("texts/\(name)", "in \(name)")
        }
        try folder.write("texts/fr/readme.md", "not read")
        try folder.write("texts/fr/.hidden.txt", "not read")
        #expect(
            try summaries() == [
                "de/x.txt de: in de/x.txt", "fr/B.txt fr: in fr/B.txt", "fr/a-b.txt fr: in fr/a-b.txt",
                "fr/a.txt fr: in fr/a.txt", "fr/a/z.txt fr: in fr/a/z.txt", "fr/b.txt fr: in fr/b.txt",
                "fr/é.txt fr: in fr/é.txt",
            ])
    }

    @Test func `a stated language goes for all, wherever they lie`() throws {
        try folder.write("texts/a.txt", "one")
        try folder.write("texts/No Language/b.txt", "two")
        #expect(try summaries(language: "eu") == ["No Language/b.txt eu: two", "a.txt eu: one"])
    }

    @Test func `compressed texts are expanded`() throws {
        try folder.write("texts/fr/a.txt", "sous verre")
        try folder.write("texts/fr/b.txt", "une graine")
        try folder.run("gzip", "texts/fr/a.txt")
        try folder.run("xz", "texts/fr/b.txt")
        #expect(try summaries() == ["fr/a.txt.gz fr: sous verre", "fr/b.txt.xz fr: une graine"])
    }

    @Test(
        arguments: [
            ([], "empty", nil), (Array(" \n\t\r".utf8), "empty", nil),
            ([97, 98, 0, 99], "nul-byte", "at byte offset 2"),
            ([195, 169, 97, 195, 40], "invalid-utf8", "byte 0xc3 at byte offset 3"),
            ([97, 0xED, 0xA0, 0x80], "invalid-utf8", "byte 0xed at byte offset 1"),
            ([0xEF, 0xBB, 0xBF, 97, 0x80], "invalid-utf8", "byte 0x80 at byte offset 4"),
            (Array(repeating: 120, count: 101), "too-long", "more than 100 bytes"),
        ] as [([UInt8], String, String?)])
    func `a bad file is a named skip among good ones`(bytes: [UInt8], reason: String, detail: String?) throws {
        try folder.write("texts/fr/a.txt", Array(repeating: 120, count: 100))
        try folder.write("texts/fr/b.txt", bytes)
        try folder.write("texts/fr/c.txt", "good")
        let items = try readAll(source(), .with { $0.maximumDocumentBytes = 100 })
        #expect(items.count == 3)
        #expect(items[1] == .skip(SkippedInput(place: "fr/b.txt", reason: reason, detail: detail)))
        #expect(items[2].summary == "fr/c.txt fr: good")
    }

    @Test func `a byte order mark is no part of the text`() throws {
        try folder.write("texts/fr/a.txt", [0xEF, 0xBB, 0xBF] + Array("bon".utf8))
        #expect(try summaries() == ["fr/a.txt fr: bon"])
    }

    @Test func `links are followed to files inside only, and loops end`() throws {
        try folder.write("texts/fr/a.txt", "here")
        try folder.write("outside/x.txt", "secret")
        try folder.link("texts/fr/inside.txt", to: "a.txt")
        try folder.link("texts/fr/outside.txt", to: "../../outside/x.txt")
        try folder.link("texts/fr/broken.txt", to: "nothing")
        try folder.link("texts/fr/self.txt", to: "self.txt")
        try folder.link("texts/fr/up", to: "..")
        try folder.link("texts/fr/away", to: folder["outside"])
        try folder.link("texts/de", to: "fr")
        try folder.link("texts/fr/readme", to: "../../outside/x.txt")
        let items = try readAll(source())
        #expect(
            items.map(\.summary) == [
                "de !link", "fr/a.txt fr: here", "fr/away !link", "fr/broken.txt !link", "fr/inside.txt fr: here",
                "fr/outside.txt !link", "fr/self.txt !link", "fr/up !link",
            ])
        #expect(items[2].detail == "leads out of the source")
        #expect(items[5].detail == "leads out of the source")
        #expect(items[7].detail == "leads back to a folder above it")
    }

    @Test func `pipes, folders with a file's name and files that cannot be read are no trouble`() throws {
        try folder.write("texts/fr/a.txt", "one")
        try #require(mkfifo(folder["texts/fr/b.txt"], 0o600) == 0)
        try folder.write("texts/fr/c.txt/d.txt", "two")
        try folder.write("texts/fr/caf", "x")
        // A name in Latin 1.
        let latin =
            Array(folder["texts/fr/caf"].utf8CString.dropLast()) + [Int8(bitPattern: 0xE9), 46, 116, 120, 116, 0]
        let file = latin.withUnsafeBufferPointer { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) }
        try #require(file >= 0)
        close(file)
        let items = try readAll(source())
        #expect(
            items.map(\.summary) == [
                "fr/a.txt fr: one", "fr/b.txt !not-a-file", "fr/c.txt/d.txt fr: two", "fr/caf\u{FFFD}.txt !unreadable",
            ])
    }

    /// The system gives an error for address 0 of a process, whoever asks.
    @Test func `an error of the system is a skip`() throws {
        do throws(InputProblem) {
            let input = try FileInput("/proc/self/mem")
            _ = try input.next()
            Issue.record("it could be read")
        } catch {
            if case .skip(.unreadable, let detail) = error {
                #expect(detail == "Input/output error")
            } else {
                Issue.record("\(error)")
            }
        }
    }

    @Test func `what vanishes or changes between listing and reading is named, and the rest is read`() throws {
        for name in ["a", "b", "c", "d"] { try folder.write("texts/fr/\(name).txt", name) }
        try folder.write("texts/it/x.txt", "x")
        let reader = try SourceReader(source())
        let plan = try reader.plan()
        try FileManager.default.removeItem(atPath: folder["texts/fr/b.txt"])
        try FileManager.default.removeItem(atPath: folder["texts/it"])
        try FileManager.default.removeItem(atPath: folder["texts/fr/c.txt"])
        try FileManager.default.createDirectory(atPath: folder["texts/fr/c.txt"], withIntermediateDirectories: true)
        var items = [String]()
        for unit in plan.units { try reader.read(unit) { (item) throws(Diagnostic) in items.append(item.summary) } }
        #expect(
            items == [
                "fr/a.txt fr: a", "fr/b.txt !vanished", "fr/c.txt !not-a-file", "fr/d.txt fr: d", "it/x.txt !vanished",
            ])
    }

    @Test(arguments: [1, 2, 3, 7, 100]) func `units in turn are the whole, however they are cut`(files: Int) throws {
        for i in 0..<20 { try folder.write("texts/fr/\(i).txt", String(repeating: "mot ", count: i)) }
        try folder.link("texts/fr/15-link", to: "..")
        let whole = try summaries()
        #expect(whole.count == 21)
        #expect(try summaries(.with { $0.unitFiles = files }) == whole)
        #expect(try summaries(.with { $0.unitBytes = files * 10 }) == whole)
        let plan = try SourceReader(source(), limits: .with { $0.unitFiles = files }).plan()
        #expect(plan.units.count == (20 + files - 1) / files)
        #expect(Set(plan.units.map(\.id)).count == plan.units.count)
        #expect(plan.bytes == (0..<20).reduce(0) { $0 + $1 * 4 })
    }

    @Test func `ids and stamps stay while the files do, and a changed file changes its unit's stamp alone`() throws {
        for i in 0..<6 { try folder.write("texts/fr/\(i).txt", "mot \(i)") }
        let reader = try SourceReader(source(), limits: .with { $0.unitFiles = 2 })
        let before = try reader.plan()
        #expect(try reader.plan() == before)
        try folder.write("texts/fr/3.txt", "autre mot")
        let after = try reader.plan()
        #expect(before.units.map(\.id) == after.units.map(\.id))
        #expect(zip(before.units, after.units).map { $0.stamp == $1.stamp } == [true, false, true])
    }

    @Test func `a layout without languages is refused`() throws {
        try folder.write("texts/stray.txt", "x")
        var error = diagnostic { () throws(Diagnostic) in _ = try readAll(source()) }
        #expect(error?.code == "ingestion.bad-language")
        #expect(error?.location?.file == folder["texts/stray.txt"])
        try FileManager.default.removeItem(atPath: folder["texts/stray.txt"])
        try folder.write("texts/French/x.txt", "x")
        error = diagnostic { () throws(Diagnostic) in _ = try readAll(source()) }
        #expect(error?.code == "ingestion.bad-language")
        #expect(error?.found == "French")
        error = diagnostic { () throws(Diagnostic) in _ = try readAll(source("nowhere")) }
        #expect(error?.code == "ingestion.source-missing")
        error = diagnostic { () throws(Diagnostic) in _ = try readAll(source(language: "French")) }
        #expect(error?.code == "ingestion.bad-language")
    }

    @Test func `an error of whoever takes the documents ends the reading`() throws {
        for i in 0..<4 { try folder.write("texts/fr/\(i).txt", "mot") }
        let reader = try SourceReader(source())
        let unit = try #require(try reader.plan().units.first)
        var taken = 0
        let error = diagnostic { () throws(Diagnostic) in
            try reader.read(unit) { (_) throws(Diagnostic) in
                taken += 1
                if taken == 2 { throw Diagnostic("test.full", "the disk is full", kind: .failure) }
            }
        }
        #expect(error?.code == "test.full")
        #expect(taken == 2)
    }
}
