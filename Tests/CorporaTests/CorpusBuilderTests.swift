import Corpora
import Diagnostics
import Foundation
import Integrity
import Testing

@Suite struct CorpusBuilderTests {
    private let folder = TemporaryFolder()

    private func build(
        _ names: [String], to output: String = "out", _ options: CorpusBuilder.Options = .init()
    ) throws(Diagnostic) -> CorpusManifest {
        try CorpusBuilder.build(
            sources: names.map { CorpusSource(path: folder[$0]) }, output: folder[output], options: options)
    }

    @Test func `two builds are equal byte by byte`() throws {
        try folder.writeTexts()
        let manifest = try build(["texts"])
        #expect(try build(["texts"], to: "again") == manifest)
        let names = try folder.names("out")
        #expect(names == (try folder.names("again")))
        #expect(names.count == 1 + 3 + 6)
        for name in names { #expect(try folder.read("out/\(name)") == (try folder.read("again/\(name)")), "\(name)") }
    }

    @Test func `figures and tables say what is there`() throws {
        try folder.writeTexts(count: 30)
        let manifest = try build(["texts"])
        #expect(manifest.languages.map(\.code) == ["fr", "ja", "ru"])
        let corpus = try Corpus.open(folder["out"])
        for language in manifest.languages {
            let rows = try corpus.documents(language: language.code)
            #expect(language.documents == 30 && language.kept == 30 && rows.count == 30)
            #expect(language.bytes == rows.reduce(0) { $0 + $1.bytes })
            #expect(language.tokens == language.bytes + 30)
            let heldOut = rows.filter { $0.split == .validation }
            #expect(language.validation.documents == heldOut.count && heldOut.count >= 1)
            #expect(corpus.validationBytes(language: language.code) == heldOut.reduce(0) { $0 + $1.bytes })
            #expect(corpus.validationTokenCount(language: language.code) == language.validation.tokens)
        }
        let row = try #require(try corpus.documents(language: "fr").first)
        #expect(row.path == "fr/a/page-0.txt" && row.lang == "fr")
        #expect(row.id == SHA256.digest(of: Array("serre 0, serre\n".utf8)))
        #expect(row.source == "glass" && row.version == "1.2" && row.licence == "Apache-2.0")
        let nearer = try #require(try corpus.documents(language: "ja").first)
        #expect(nearer.source == "glass-ja" && nearer.version == nil && nearer.licence == nil)
        #expect(corpus.trainTokenCount == manifest.shards.filter { $0.split == .train }.reduce(0) { $0 + $1.tokens })
    }

    @Test func `files come in byte order of their paths`() throws {
        for name in ["b", "a/z", "é", "Z", "a-b", "e\u{301}x"] {
            try folder.write("texts/fr/\(name).txt", "text \(name)")
        }
        _ = try build(["texts"])
        let paths = try Corpus.open(folder["out"]).documents(language: "fr").map(\.path)
        #expect(paths.count == 6)
        #expect(paths == paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test func `exact duplicates are dropped, the first stays`() throws {
        try folder.write("texts/fr/b.txt", "the same")
        try folder.write("texts/fr/a.txt", "the same")
        try folder.write("texts/fr/c.txt", "the same ")
        try folder.write("texts/ja/a.txt", "the same")
        try folder.write("texts/ja/b.txt", "another")
        let manifest = try build(["texts", "texts"])
        #expect(manifest.languages[0].dropped == ["duplicate": 4])
        #expect(manifest.languages[0].documents == 6 && manifest.languages[0].kept == 2)
        #expect(manifest.languages[1].dropped == ["duplicate": 3] && manifest.languages[1].kept == 1)
        let corpus = try Corpus.open(folder["out"])
        #expect(try corpus.documents(language: "fr").map(\.path) == ["fr/a.txt", "fr/c.txt"])
        #expect(corpus.languages == ["fr", "ja"])
    }

    @Test func `a language of duplicates only has no tokens`() throws {
        try folder.write("texts/fr/a.txt", "the same")
        try folder.write("texts/it/a.txt", "the same")
        let manifest = try build(["texts"])
        #expect(manifest.languages.map(\.kept) == [1, 0])
        let corpus = try Corpus.open(folder["out"])
        #expect(corpus.languages == ["fr"])
        #expect(corpus.validationWindowCount(language: "it", sequenceLength: 4) == 0)
        #expect(corpus.validationWindowCount(language: "xx", sequenceLength: 4) == 0)
    }

    @Test func `a limit takes documents in order until one does not fit`() throws {
        for (name, size) in [("a", 30), ("b", 30), ("c", 50), ("d", 10)] {
            try folder.write("texts/fr/\(name).txt", String(repeating: name, count: size))
        }
        let manifest = try build(["texts"], .init(maximumBytesPerLanguage: 100))
        #expect(manifest.languages[0].kept == 2 && manifest.languages[0].bytes == 60)
        #expect(manifest.languages[0].dropped == ["over-limit": 2])
        let error = diagnostic { () throws(Diagnostic) in
            _ = try build(["texts"], to: "small", .init(maximumBytesPerLanguage: 20))
        }
        #expect(error?.code == "corpus.limit")
        #expect(error?.description.contains("fr") == true)
        #expect(try folder.names() == ["out", "texts"])
    }

    @Test func `a folder of one language needs no language folders`() throws {
        try folder.write("flat/a.txt", "un")
        try folder.write("flat/deep/er/b.txt", "deux")
        try folder.write("flat/README.md", "no document")
        let manifest = try CorpusBuilder.build(
            sources: [CorpusSource(path: folder["flat"] + "/", language: "fr")], output: folder["out"])
        #expect(manifest.languages.map(\.code) == ["fr"] && manifest.languages[0].kept == 2)
        #expect(try Corpus.open(folder["out"]).documents(language: "fr").map(\.source) == ["flat", "flat"])
    }

    @Test func `JSONL gives the same tokens as files`() throws {
        try folder.write("texts/fr/1.txt", "première \"ligne\"\n")
        try folder.write("texts/fr/2.txt", "seconde")
        try folder.write("texts/ru/1.txt", "теплица")
        try folder.write(
            "lines/all.jsonl",
            #"{"text": "premi\u00e8re \"ligne\"\n", "lang": "fr", "source": "press"}"# + "\n"
                + #"{"lang": "ru", "text": "теплица"}"# + "\r\n\n" + #"{"lang": "fr", "text": "seconde"}"#)
        try folder.write("lines/SOURCE.json", #"{"name": "letters", "licence": "CC0-1.0"}"#)
        let files = try build(["texts"])
        let lines = try build(["lines/all.jsonl"], to: "out2")
        #expect(files.shards == lines.shards)
        #expect(files.digest != lines.digest)
        let rows = try Corpus.open(folder["out2"]).documents(language: "fr")
        #expect(rows.map(\.path) == ["all.jsonl:1", "all.jsonl:4"])
        #expect(rows.map(\.source) == ["press", "letters"])
        #expect(rows.map(\.licence) == [nil, "CC0-1.0"])
    }

    @Test func `an existing corpus is replaced only on request, other folders never`() throws {
        try folder.writeTexts(count: 3)
        let first = try build(["texts"])
        try folder.write("texts/fr/new.txt", "neuf")
        #expect(diagnostic { () throws(Diagnostic) in _ = try build(["texts"]) }?.code == "folder.exists")
        #expect(try Corpus.open(folder["out"]).digest == first.digest)
        let second = try build(["texts"], .init(replace: true))
        #expect(try Corpus.open(folder["out"]).digest == second.digest)
        #expect(second.digest != first.digest)

        try folder.write("out/notes.md", "mine")
        let mixed = diagnostic { () throws(Diagnostic) in _ = try build(["texts"], .init(replace: true)) }
        #expect(mixed?.found == "notes.md")
        try folder.write("mine/thesis.txt", "mine")
        let other = diagnostic { () throws(Diagnostic) in _ = try build(["texts"], to: "mine", .init(replace: true)) }
        #expect(other?.code == "folder.exists")
        #expect(diagnostic { () throws(Diagnostic) in _ = try build(["texts"], to: "mine/thesis.txt") } != nil)
        try folder.write("web/manifest.json", "{\"format\": \"mine\"}")
        #expect(
            diagnostic { () throws(Diagnostic) in _ = try build(["texts"], to: "web", .init(replace: true)) } != nil)
        #expect(try folder.read("mine/thesis.txt") == Array("mine".utf8))
        #expect(try folder.names() == ["mine", "out", "texts", "web"])
    }

    @Test func `an empty folder is taken as it is`() throws {
        try folder.writeTexts(count: 3)
        try FileManager.default.createDirectory(atPath: folder["out"], withIntermediateDirectories: true)
        _ = try build(["texts"], to: "out/")
        #expect(try Corpus.open(folder["out"]).languages == ["fr", "ja", "ru"])
        _ = try build(["texts"], to: "new/and/deep")
        #expect(try Corpus.open(folder["new/and/deep"]).languages == ["fr", "ja", "ru"])
    }
}
