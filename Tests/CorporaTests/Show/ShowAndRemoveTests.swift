import Deduplication
import Diagnostics
import Foundation
import Ingestion
import JSONWriting
import Testing

@testable import Corpora

@Suite struct ShowAndRemoveTests {
    private let folder = TemporaryFolder()

    private func build(_ specification: CorpusSpecification, to output: String) throws(Diagnostic) -> TextCorpus {
        let options = CorpusBuild.Options(workers: 2, root: folder.path)
        try CorpusBuild(specification, output: folder[output], options: options).run()
        return try TextCorpus.open(folder[output])
    }

    /// Two sources; `two` repeats a document of `one` exactly, and another one nearly.
    private func corpus() throws -> TextCorpus {
        let long = (0..<80).map { "word\($0)" }.joined(separator: " ")
        try folder.write("one/en/a.txt", "the same four words")
        try folder.write("one/en/b.txt", long + " end")
        try folder.write("one/en/c.txt", "something of its own")
        try folder.write("two/en/d.txt", "  the same four words")
        try folder.write("two/en/e.txt", long + " ending")
        try folder.write("two/en/f.txt", "another thing of its own")
        return try build(try specification(["one", "two"]), to: "corpus")
    }

    private func specification(_ names: [String]) throws -> CorpusSpecification {
        var specification = CorpusSpecification(
            name: "test", sources: names.map { Source(name: $0, kind: .folder(TextFolder(path: $0)), licence: "MIT") },
            stages: [
                StageSetting("whitespace"),
                StageSetting("special-characters", parameters: [.init("maximum", .number(1))]),
            ])
        specification.deduplication.near = .minhash(try MinHashParameters())
        return specification
    }

    private func texts(_ corpus: TextCorpus) throws -> [String] {
        var texts = [String]()
        try corpus.forEachText(language: "en") { texts.append("\($0.source):\($0.place)") }
        return texts
    }

    @Test func `the report fits 100 columns and its JSON has the promised keys`() throws {
        let report = TextCorpusReport(try corpus().manifest)
        for line in report.table.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
        for word in ["language", "en", "all", "near-duplicates", "one", "MIT", "digest sha256:"] {
            #expect(report.table.contains(word))
        }
        let object = try JSONSerialization.jsonObject(with: Data(try report.json().utf8)) as? [String: Any]
        let languages = try #require(object?["languages"] as? [String: [String: Any]])
        let english = try #require(languages["en"])
        #expect(english["documents"] as? Int == 6 && english["kept"] as? Int == 4)
        #expect(english["dropped"] as? [String: Int] == [BuildStage.exact: 1, BuildStage.near: 1])
        #expect(english["bytes"] is Int && object?["digest"] is String)
    }

    @Test func `a document is found by digest, by its beginning and by place`() throws {
        let corpus = try corpus()
        let row = try #require(try corpus.documents(named: "one:en/b.txt").first)
        let id = try #require(row.id)
        for query in [id, String(id.prefix(20)), String(id.dropFirst(7).prefix(8)), row.raw] {
            #expect(try corpus.documents(named: query).contains(row), "\(query)")
        }
        #expect(row.steps.contains { $0.first == "special-characters" && $0.count == 3 })
        #expect(row.lines.contains { $0.contains("special-characters") && $0.contains("at most") })
        let near = try #require(try corpus.documents(named: "two:en/e.txt").first)
        #expect(near.lines.contains { $0.contains("dropped by near-duplicates: similarity") })
        #expect(try corpus.duplicates(of: row) == [near])
        for query in ["one:en/z.txt", "sha256:12", "ffffffffff", ""] {
            let error = diagnostic { () throws(Diagnostic) in _ = try corpus.documents(named: query) }
            #expect(error?.code == "corpus.no-such-document", "\(query)")
        }
    }

    @Test func `removing a source gives the texts of a corpus without it`() throws {
        let corpus = try corpus()
        let outcome = try CorpusRemoval(sources: ["one"], reason: "asked").outcome(in: corpus)
        let without = try build(outcome.specification, to: "without")
        _ = try build(try specification(["two"]), to: "never")
        for name in ["texts-en-00000.jsonl", "documents-en.jsonl"] {
            #expect(try folder.read("without/\(name)") == folder.read("never/\(name)"), "\(name)")
        }
        #expect(without.manifest.removed == [Removal(source: "one", reason: "asked")])
        #expect(without.manifest.sources.map(\.name) == ["two"])
        #expect(without.digest != corpus.digest)
        #expect(TextCorpusReport(without.manifest).table.contains("removed: source one (asked)"))
    }

    @Test func `removing a document removes its copies and lets near ones back only if told`() throws {
        let corpus = try corpus()
        let same = try CorpusRemoval(documents: ["one:en/a.txt"]).outcome(in: corpus)
        #expect(same.documents.map(\.name) == ["one:en/a.txt", "two:en/d.txt"])
        #expect(try texts(build(same.specification, to: "a")) == ["one:en/b.txt", "one:en/c.txt", "two:en/f.txt"])
        // Named by its copy, it goes too.
        let byCopy = try CorpusRemoval(documents: ["two:en/d.txt"]).outcome(in: corpus)
        #expect(Set(byCopy.documents.map(\.name)) == ["one:en/a.txt", "two:en/d.txt"])
        let near = try CorpusRemoval(documents: ["one:en/b.txt"]).outcome(in: corpus)
        #expect(near.nearCopies.map(\.name) == ["two:en/e.txt"])
        #expect(try texts(build(near.specification, to: "b")).contains("two:en/e.txt"))
        let both = try CorpusRemoval(documents: ["one:en/b.txt"], includesNearCopies: true).outcome(in: corpus)
        let left = try build(both.specification, to: "c")
        #expect(try texts(left) == ["one:en/a.txt", "one:en/c.txt", "two:en/f.txt"])
        let english = left.manifest.languages[0]
        #expect(english.stages.first { $0.stage == BuildStage.removed }?.dropped == 2)
        // The same specification again, and the same as if the files had never been there.
        #expect(try CorpusSpecification.parse(left.manifest.specification) == both.specification)
        try FileManager.default.removeItem(atPath: folder["one/en/b.txt"])
        try FileManager.default.removeItem(atPath: folder["two/en/e.txt"])
        _ = try build(try specification(["one", "two"]), to: "d")
        #expect(try folder.read("c/texts-en-00000.jsonl") == folder.read("d/texts-en-00000.jsonl"))
    }

    @Test func `what is not there cannot be removed`() throws {
        let corpus = try corpus()
        for (removal, code) in [
            (CorpusRemoval(sources: ["tow"]), "corpus.no-such-source"),
            (CorpusRemoval(documents: ["one:en/z.txt"]), "corpus.no-such-document"),
            (CorpusRemoval(), "corpus.nothing-to-remove"),
        ] {
            let error = diagnostic { () throws(Diagnostic) in _ = try removal.outcome(in: corpus) }
            #expect(error?.code == code)
        }
        let all = try CorpusRemoval(sources: ["one", "two"]).outcome(in: corpus)
        let error = diagnostic { () throws(Diagnostic) in _ = try build(all.specification, to: "none") }
        #expect(error?.code == "corpus.no-sources")
    }

    @Test(arguments: ["texts-en-00000.jsonl", "documents-en.jsonl", "manifest.json"])
    func `damage is found`(name: String) throws {
        _ = try corpus()
        let whole = try folder.read("corpus/\(name)")
        for damage in 0..<3 {
            var bytes = whole
            switch damage {
            case 0: bytes[bytes.count / 2] ^= 1
            case 1: bytes.removeLast(bytes.count / 3)
            default: bytes = []
            }
            try folder.write("corpus/\(name)", bytes)
            let error = try #require(
                diagnostic { () throws(Diagnostic) in _ = try TextCorpus.open(folder["corpus"]) }, "\(damage)")
            #expect(error.location?.file?.hasSuffix(name) == true, "\(error)")
        }
        try FileManager.default.removeItem(atPath: folder["corpus/\(name)"])
        #expect(diagnostic { () throws(Diagnostic) in _ = try TextCorpus.open(folder["corpus"]) } != nil)
    }

    @Test func `every byte of a text comes back`() throws {
        let text = (1..<128).map { UInt8($0) } + Array("é\u{2028}\u{1F331}\\\"".utf8)
        var line = JSONLine()
        line.write("id", "sha256:x")
        line.write("lang", "en")
        line.write("place", "a\"b\\c\n")
        line.write("split", "validation")
        line.write("text", text: text)
        line.end()
        let bytes = line.bytes.dropLast()
        let read = try #require(bytes.withUnsafeBytes { CorpusText(parsing: $0) })
        #expect(read.bytes == text && read.place == "a\"b\\c\n" && read.split == .validation)
        let foundation = try JSONDecoder().decode([String: String].self, from: Data(bytes))
        #expect(foundation["text"].map { Array($0.utf8) } == text)
        for count in 0..<bytes.count {
            #expect(bytes.prefix(count).withUnsafeBytes { CorpusText(parsing: $0) } == nil)
        }
    }
}
