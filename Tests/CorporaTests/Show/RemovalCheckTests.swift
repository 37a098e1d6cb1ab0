import Deduplication
import Diagnostics
import Foundation
import Ingestion
import Testing

@testable import Corpora

/// A removal removes what was named and nothing else, even where the sources are no longer what they were.
@Suite struct RemovalCheckTests {
    private let folder = TemporaryFolder()

    private func corpus() throws -> TextCorpus {
        for number in 0..<9 {
            try folder.write("one/en/\(number).txt", "A line that some pages have\nStory \(number) of the glass house")
        }
        try folder.write("two/en/a.txt", "A line that some pages have\nA story of its own")
        try folder.write("two/en/copy.txt", "Something that two sources have")
        try folder.write("one/en/original.txt", "Something that two sources have")
        let sources = ["one", "two"].map { Source(name: $0, kind: .folder(TextFolder(path: $0)), licence: "MIT") }
        let specification = CorpusSpecification(name: "t", sources: sources, stages: [StageSetting("whitespace")])
        try CorpusBuild(specification, output: folder["corpus"], options: .init(root: folder.path)).run()
        return try TextCorpus.open(folder["corpus"])
    }

    private func remove(_ removal: CorpusRemoval, from corpus: TextCorpus) throws(Diagnostic) -> TextCorpusManifest {
        let outcome = try removal.outcome(in: corpus)
        var options = CorpusBuild.Options(replace: true, root: folder.path)
        options.check = { (new) throws(Diagnostic) in try outcome.check(new, against: corpus) }
        return try CorpusBuild(outcome.specification, output: corpus.folder, options: options).run()
    }

    @Test func `what follows from a removal is no change of the sources`() throws {
        let corpus = try corpus()
        // Ten pages have the line; without one of them it is no template line any more, and all texts change.
        let manifest = try remove(CorpusRemoval(sources: ["two"]), from: corpus)
        #expect(manifest.totals.kept == 10)
        let again = try TextCorpus.open(corpus.folder)
        var texts = [String]()
        try again.forEachText(language: "en") { texts.append(String(decoding: $0.bytes, as: UTF8.self)) }
        #expect(texts.filter { $0.hasPrefix("A line") }.count == 9)
    }

    @Test func `the story of a removed document has the reason`() throws {
        let corpus = try corpus()
        let removal = CorpusRemoval(documents: ["one:en/8.txt"], reason: "asked by its author")
        _ = try remove(removal, from: corpus)
        let row = try #require(try TextCorpus.open(corpus.folder).documents(named: "one:en/8.txt").first)
        #expect(row.stage == BuildStage.removed && row.reason?.hasSuffix(": asked by its author") == true)
        #expect(row.lines.contains { $0.contains("asked by its author") })
    }

    @Test func `a copy may take a removed document's place`() throws {
        let manifest = try remove(CorpusRemoval(sources: ["one"]), from: try corpus())
        #expect(manifest.totals.kept == 2)
    }

    @Test(arguments: [
        ("one/en/3.txt", nil, "1 gone (one:en/3.txt)"), ("two/en/a.txt", "Another", "1 changed (two:en/a.txt)"),
        ("two/en/b.txt", "A new one", "1 new (two:en/b.txt)"), ("one/en", nil, ""),
    ])
    func `a source that changed stops it, and nothing is replaced`(
        name: String, content: String?, found: String
    ) throws {
        let corpus = try corpus()
        if let content {
            try folder.write(name, content)
        } else {
            try FileManager.default.removeItem(atPath: folder[name])
        }
        let error = try #require(
            diagnostic { () throws(Diagnostic) in
                _ = try remove(CorpusRemoval(documents: ["one:en/8.txt"], reason: "asked"), from: corpus)
            })
        if name == "one/en" {
            // The document to remove is gone too, and nobody misses it; the copy's original is.
            #expect(error.found?.hasPrefix("9 gone (one:en/0.txt") == true, "\(error)")
        } else {
            #expect(error.found == found, "\(error)")
        }
        #expect(error.code == "corpus.sources-changed" && error.remedy?.contains("nothing was replaced") == true)
        #expect(try TextCorpus.open(folder["corpus"]).digest == corpus.digest)
        #expect(try !folder.names().contains("corpus.partial"))
    }
}
