import Deduplication
import Diagnostics
import Foundation
import Ingestion
import Integrity
import Testing

@testable import Corpora

@Suite struct CorpusBuildTests {
    private let folder = TemporaryFolder()

    /// Stages that rewrite white space and ask for three words, so that the tests' short texts stay.
    private static let stages = [
        StageSetting("whitespace"),
        StageSetting("word-count", parameters: [.init("minimum", .integer(3))]),
    ]

    private func specification(_ sources: [Source]? = nil) -> CorpusSpecification {
        var specification = CorpusSpecification(
            name: "test", sources: sources ?? [Source(name: "texts", kind: .folder(TextFolder(path: "texts")))],
            stages: Self.stages)
        specification.validationShare = 0.2
        return specification
    }

    private func build(
        _ specification: CorpusSpecification, to output: String = "out", workers: Int = 2, unitFiles: Int = 5,
        replace: Bool = false
    ) throws(Diagnostic) -> TextCorpusManifest {
        var options = CorpusBuild.Options(workers: workers, replace: replace, root: folder.path)
        options.unitFiles = unitFiles
        return try CorpusBuild(specification, output: folder[output], options: options).run()
    }

    private func texts(_ language: String, in output: String = "out") throws -> [CorpusText] {
        var texts = [CorpusText]()
        try TextCorpus.open(folder[output]).forEachText(language: language) { texts.append($0) }
        return texts
    }

    private func rows(_ output: String = "out") throws -> [DocumentRow] {
        try TextCorpus.open(folder[output]).rows(containing: [], limit: .max) { _ in true }
    }

    private func contents(_ output: String) throws -> [String: [UInt8]] {
        var contents = [String: [UInt8]]()
        for name in try folder.names(output) { contents[name] = try folder.read("\(output)/\(name)") }
        return contents
    }

    /// Twelve documents in two languages with every kind of duplicate and of personal data.
    private func writeTexts() throws {
        let long = (0..<60).map { "word\($0) and more" }.joined(separator: " ")
        let menu = "Home | About | Contact us today"
        for number in 0..<12 {
            try folder.write(
                "texts/en/\(number).txt", "\(menu)\nStory \(number) of the glass house. \(number * 7919)\n")
        }
        try folder.write("texts/fr/a.txt", "Une serre de verre.\n")
        try folder.write("texts/fr/b.txt", "  Une serre de   verre.\n\n")
        try folder.write("texts/fr/c.txt", long + " fin\n")
        try folder.write("texts/fr/d.txt", long + " fini\n")
        try folder.write("texts/fr/e.txt", "deux mots\n")
        try folder.write("texts/fr/f.txt", "Write to someone@example.com about it\n")
    }

    @Test func `the funnel, the tables and the texts agree`() throws {
        try writeTexts()
        var wanted = specification()
        wanted.deduplication.near = .minhash(try MinHashParameters())
        wanted.redaction = ["EMAIL"]
        let manifest = try build(wanted)
        #expect(manifest.languages.map(\.code) == ["en", "fr"])
        let english = manifest.languages[0]
        let french = manifest.languages[1]
        #expect(english.documents == 12 && english.kept == 12)
        func dropped(_ stage: String) -> Int? { french.stages.first { $0.stage == stage }?.dropped }
        #expect(french.documents == 6 && french.kept == 3)
        #expect(dropped("word-count") == 1)
        #expect(dropped(BuildStage.exact) == 1 && dropped(BuildStage.near) == 1)
        // The menu is on 12 pages: it goes, and the rest of each page stays.
        #expect(english.stages.first { $0.stage == BuildStage.templateLines }?.changed == 12)
        for text in try texts("en") { #expect(String(decoding: text.bytes, as: UTF8.self).hasPrefix("Story")) }
        #expect(try texts("fr").contains { String(decoding: $0.bytes, as: UTF8.self).contains("PI:EMAIL about") })
        for language in manifest.languages {
            let texts = try texts(language.code)
            #expect(texts.count == language.kept && texts.reduce(0) { $0 + $1.bytes.count } == language.bytes)
            #expect(language.train.documents + language.validation.documents == language.kept)
            #expect(texts.count { $0.split == .validation } == language.validation.documents)
            #expect(language.validation.documents >= 1 && language.train.documents >= 1)
            for text in texts { #expect(text.id == SHA256.digest(of: text.bytes).description) }
            // Every stage takes up what the one before it has left.
            var (documents, bytes) = (language.documents, language.bytesIn)
            for stage in language.stages {
                #expect(stage.documents == documents && stage.bytesIn == bytes, "\(stage.stage)")
                (documents, bytes) = (stage.documents - stage.dropped, stage.bytesOut)
            }
            #expect(documents == language.kept && bytes == language.bytes)
        }
        let rows = try rows()
        #expect(rows.count == manifest.totals.documents)
        #expect(rows.count { $0.decision == "kept" } == manifest.totals.kept)
        let copy = try #require(rows.first { $0.place == "fr/b.txt" })
        #expect(copy.stage == BuildStage.exact && copy.duplicateOf == "texts:fr/a.txt")
        let near = try #require(rows.first { $0.place == "fr/d.txt" })
        #expect(near.stage == BuildStage.near && near.duplicateOf == "texts:fr/c.txt")
    }

    @Test(arguments: [(1, 1), (2, 3), (5, 100)])
    func `workers and units change no byte`(workers: Int, unitFiles: Int) throws {
        try writeTexts()
        var wanted = specification()
        wanted.deduplication.near = .simhash(try SimHashParameters())
        wanted.deduplication.substrings = .init(bytesMin: 20)
        wanted.shardBytes = 50
        _ = try build(wanted, to: "a", workers: 3, unitFiles: 4)
        _ = try build(wanted, to: "b", workers: workers, unitFiles: unitFiles)
        #expect(try contents("a") == contents("b"))
        #expect(try folder.names("a").count { $0.hasPrefix("texts-en-") } > 1, "the test needs several shards")
    }

    @Test func `repeats are cut where they come again`() throws {
        let repeated = "This sentence stands in both of the documents, word by word."
        try folder.write("texts/en/a.txt", "First page. \(repeated) The end of one.")
        try folder.write("texts/en/b.txt", "Another page. \(repeated) The other end.")
        var wanted = specification()
        wanted.deduplication.substrings = .init(bytesMin: 40)
        _ = try build(wanted)
        let texts = try texts("en").map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(texts.count == 2 && texts[0].contains(repeated))
        #expect(!texts[1].contains("sentence stands") && texts[1].hasPrefix("Another"))
    }

    @Test func `documents that become the same are kept once`() throws {
        let menu = (0..<10).map { "A line that every page has, number \($0)" }
        for number in 0..<10 {
            try folder.write("texts/en/m\(number).txt", menu.joined(separator: "\n") + "\npage \(number) text")
        }
        try folder.write("texts/en/x.txt", "the very same words")
        try folder.write("texts/en/y.txt", menu[3] + "\nthe very same words")
        let manifest = try build(specification())
        let row = try #require(try rows().first { $0.place == "en/y.txt" })
        #expect(row.stage == BuildStage.exactAfterwards && row.duplicateOf == "texts:en/x.txt")
        #expect(manifest.totals.kept == 11)
        #expect(try texts("en").count == 11)
    }

    @Test func `the earlier source wins`() throws {
        try folder.write("one/en/a.txt", "the same four words")
        try folder.write("two/en/b.txt", "the same four words")
        func source(_ name: String) -> Source { Source(name: name, kind: .folder(TextFolder(path: name))) }
        _ = try build(specification([source("two"), source("one")]))
        #expect(try texts("en").map(\.source) == ["two"])
    }

    @Test func `what gives no document is counted and named`() throws {
        try writeTexts()
        try folder.write("texts/en/bad.txt", [0x63, 0x61, 0x66, 0xE9] as [UInt8])
        try folder.write("texts/en/nul.txt", [0x61, 0, 0x62] as [UInt8])
        try folder.write("texts/en/empty.txt", "")
        let manifest = try build(specification())
        #expect(manifest.sources[0].skipped == ["empty": 1, "invalid-utf8": 1, "nul-byte": 1])
        #expect(manifest.totals.skipped == 3 && manifest.totals.documents == 18)
        let skipped = String(decoding: try folder.read("out/skipped.jsonl"), as: UTF8.self)
        #expect(skipped.contains("en/bad.txt") && skipped.split(separator: "\n").count == 3)
    }

    @Test func `a language that no source states is told from the text, or the text is dropped`() throws {
        let french =
            "Le jardinier arrose les plantes de la serre tous les matins, et il note la température dans son cahier."
        try folder.write("t.jsonl", "{\"text\": \"123 456 789\"}\n{\"text\": \"\(french)\"}\n")
        let manifest = try build(specification([Source(name: "t", kind: .jsonLines(JSONLines(paths: ["t.jsonl"])))]))
        #expect(manifest.languages.map(\.code) == ["fr", "und"])
        #expect(manifest.languages.map(\.kept) == [1, 0])
        for language in manifest.languages { #expect(language.stages.first?.stage == BuildStage.language) }
    }

    @Test func `a document's own licence goes before the source's`() throws {
        let lines = [("one", "MIT"), ("two", "GPL-3.0-only"), ("three", nil)].map { (word: String, licence: String?) in
            "{\"text\": \"the \(word) page of the book\"" + (licence.map { ", \"l\": \"\($0)\"}" } ?? "}")
        }
        try folder.write("t.jsonl", lines.joined(separator: "\n"))
        let keys = JSONLines.Keys(licence: "l")
        var wanted = specification([
            Source(
                name: "t", kind: .jsonLines(JSONLines(paths: ["t.jsonl"], keys: keys)), language: "en",
                licence: "CC0-1.0")
        ])
        wanted.stages.append(
            StageSetting("licence", parameters: [.init("allowed", .texts(["MIT", "CC0-1.0"]))]))
        #expect(try CorpusSpecification.parse(wanted.yaml) == wanted)
        let manifest = try build(wanted)
        #expect(manifest.sources.first?.licences == ["MIT": 1])
        #expect(manifest.licences.map(\.stated) == ["CC0-1.0", "MIT"] && manifest.sourcesWithoutLicence.isEmpty)
        let licences = try texts("en").map(\.licence)
        #expect(licences == ["MIT", "CC0-1.0"])
        let dropped = try rows().first { $0.decision == "dropped" }
        #expect(dropped?.licence == "GPL-3.0-only" && dropped?.reason?.hasPrefix("GPL-3.0-only") == true)
        let card = String(decoding: try folder.read("out/data-card.md"), as: UTF8.self)
        #expect(card.contains("| as documents state, else CC0-1.0 |"))
    }

    @Test func `code goes through the code stages and prose through the others`() throws {
        let lines = (0..<30).map {
            "let value\($0) = compute(\($0), with: [\"\($0)\"]) // a remark of some length \($0)"
        }
        try folder.write("code.jsonl", try encodeJSON(["text": lines.joined(separator: "\n"), "lang": "en"]))
        var source = Source(name: "c", kind: .jsonLines(JSONLines(paths: ["code.jsonl"])))
        source.language = "en"
        var wanted = specification([source])
        wanted.stages = CorpusSpecification.standardStages
        wanted.stages.removeAll { ["language", "stop-words", "flagged-words"].contains($0.stage) }
        let error = diagnostic { () throws(Diagnostic) in _ = try build(wanted) }
        // Whatever the decision: no code stage saw it.
        #expect(error?.description.contains("code-") != true)
        #expect(StageKind.Scope.code.includes("python") && !StageKind.Scope.prose.includes("python"))
        #expect(!StageKind.Scope.code.includes("fr") && StageKind.Scope.prose.includes("fr"))
    }

    @Test func `nothing kept is an error that says why`() throws {
        try folder.write("texts/en/a.txt", "two words")
        let error = try #require(diagnostic { () throws(Diagnostic) in _ = try build(specification()) })
        #expect(
            error.code == "corpus.nothing-kept" && error.found?.contains("word-count dropped 1") == true, "\(error)")
        #expect(try folder.names() == ["out.partial", "texts"], "nothing half-written is at the corpus' place")
        #expect(error.remedy?.contains("/out.partial/output") == true)
        #expect(try folder.names("out.partial/output").contains("documents-en.jsonl"))
    }

    @Test func `bad sources and outputs are refused before any work`() throws {
        try writeTexts()
        let missing = Source(name: "gone", kind: .folder(TextFolder(path: "nowhere")))
        let error = try #require(diagnostic { () throws(Diagnostic) in _ = try build(specification([missing])) })
        #expect(error.code == "ingestion.source-missing" && error.kind == .badInput, "\(error)")
        try folder.write("other/file.txt", "mine")
        let foreign = diagnostic { () throws(Diagnostic) in _ = try build(specification(), to: "other", replace: true) }
        #expect(foreign?.code == "folder.exists")
        _ = try build(specification())
        let again = diagnostic { () throws(Diagnostic) in _ = try build(specification()) }
        #expect(again?.code == "folder.exists" && again?.remedy?.contains("--replace") == true)
        _ = try build(specification(), replace: true)
        #expect(try folder.names() == ["other", "out", "texts"])
    }

    @Test func `a busy output is refused`() throws {
        try writeTexts()
        let (work, _) = try WorkFolder.open(besideOutput: folder["out"], specification: specification().digest)
        let error = diagnostic { () throws(Diagnostic) in _ = try build(specification()) }
        #expect(error?.code == "corpus.busy")
        withExtendedLifetime(work) {}
    }

    @Test func `a corpus of texts is no corpus of bytes, and says what to do`() throws {
        try writeTexts()
        _ = try build(specification())
        let error = try #require(diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["out"]) })
        #expect(error.code == "corpus.texts-not-tokens" && error.remedy?.contains("serre tokens build") == true)
    }
}
