import Diagnostics
import Foundation
import Ingestion
import Synchronization
import Testing

@testable import Corpora

/// What a build that fails says, and what it leaves for those who want to know more or go on.
@Suite struct RefusalTests {
    private let folder = TemporaryFolder()

    private var specification: CorpusSpecification {
        CorpusSpecification(
            name: "test", sources: [Source(name: "texts", kind: .folder(TextFolder(path: "texts")))],
            stages: [StageSetting("whitespace")])
    }

    private func build(_ specification: CorpusSpecification) throws(Diagnostic) -> TextCorpusManifest {
        var options = CorpusBuild.Options(workers: 2, root: folder.path)
        options.unitFiles = 5
        return try CorpusBuild(specification, output: folder["out"], options: options).run()
    }

    private func writeTexts() throws {
        for number in 0..<12 { try folder.write("texts/en/\(number).txt", "Story \(number) of the glass house.\n") }
    }

    @Test func `nothing kept names what was skipped, and keeps the table of it`() throws {
        for number in 0..<5 { try folder.write("texts/en/bad\(number).txt", [0x63, 0xE9] as [UInt8]) }
        try folder.write("texts/en/empty.txt", "")
        let error = try #require(diagnostic { () throws(Diagnostic) in _ = try build(specification) })
        #expect(error.code == "corpus.nothing-kept")
        let found =
            "no documents; skipped inputs: 1 empty (texts:en/empty.txt), "
            + "5 invalid-utf8 (texts:en/bad0.txt, texts:en/bad1.txt, texts:en/bad2.txt, …)"
        #expect(error.found == found)
        let table = String(decoding: try folder.read("out.partial/output/skipped.jsonl"), as: UTF8.self)
        #expect(table.split(separator: "\n").count == 6)
        // Once there is something to keep, the same command makes the corpus.
        try writeTexts()
        _ = try build(specification)
        #expect(try folder.names() == ["out", "texts"])
    }

    @Test func `a source that is not there is named with the line of its path`() throws {
        let text = """
            name: test
            sources:
              - {name: texts, kind: folder, path: texts}
              - name: pages
                kind: jsonl
                paths: [pages.jsonl]
            """
        try writeTexts()
        let wanted = try CorpusSpecification.parse(text, file: "news.yaml")
        let error = try #require(diagnostic { () throws(Diagnostic) in _ = try build(wanted) })
        #expect(error.code == "ingestion.source-missing" && error.message.contains("the source pages is not there"))
        #expect(error.location?.file == "news.yaml" && error.location?.line == 6, "\(error)")
        #expect(error.found == "\(folder.path)/pages.jsonl")
    }

    @Test func `a refused file says what to raise, and that the build goes on`() throws {
        try writeTexts()
        // Three megabytes of zeros, which are no line of JSON.
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sh", "-c", "head -c 3000000 /dev/zero | gzip > \(folder["z.jsonl.gz"])"]
        try process.run()
        process.waitUntilExit()
        let lines = Source(name: "z", kind: .jsonLines(JSONLines(paths: ["z.jsonl.gz"])), language: "en")
        var wanted = specification
        wanted.sources.append(lines)
        wanted.limits.freeExpansionBytes = 1000
        wanted.limits.maximumExpansion = 2
        let error = try #require(diagnostic { () throws(Diagnostic) in _ = try build(wanted) })
        #expect(error.code == "ingestion.expansion" && error.kind == .badInput)
        let remedy = error.remedy ?? ""
        let going = "out.partial, and the same command goes on"
        #expect(remedy.contains("limits.maximum_expansion_ratio") && remedy.contains(going))
        wanted.limits.maximumExpansion = 5000
        let notes = Mutex([String]())
        var options = CorpusBuild.Options(workers: 2, root: folder.path)
        options.unitFiles = 5
        options.note = { note in notes.withLock { $0.append(note) } }
        let manifest = try CorpusBuild(wanted, output: folder["out"], options: options).run()
        #expect(manifest.sources[1].skipped == ["nul-byte": 1] && manifest.totals.kept > 0)
        #expect(manifest.specification.contains("maximum_expansion_ratio: 5000"))
        #expect(notes.withLock { $0 }.contains { $0.hasPrefix("going on with the unfinished build") })
    }
}
