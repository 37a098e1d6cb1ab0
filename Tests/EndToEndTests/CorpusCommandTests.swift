import Foundation
import Testing

extension EndToEnd {
    @Suite struct CorpusCommands {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func foldersAndJSONLBecomeOneCorpus() throws {
            try folder.write("one two three\n", to: "text/en/a.txt")
            try folder.write("one two three\n", to: "text/en/copy.txt")
            try folder.write("un deux trois\n", to: "text/fr/b.txt")
            try folder.write(
                #"{"text": "uno dos tres", "lang": "es", "source": "mine"}"# + "\n", to: "more.jsonl")
            let built = try folder.serre(line: "corpus build text more.jsonl -o made --json")
            #expect(built.status == 0, "\(built)")
            let shown = try folder.serre(line: "corpus show made --json")
            #expect(shown.output == built.output)
            let languages = try #require(try shown.objects().first?["languages"] as? [String: [String: Any]])
            #expect(Set(languages.keys) == ["en", "es", "fr"])
            let english = try #require(languages["en"])
            #expect(Set(["documents", "bytes", "kept", "dropped"]).isSubset(of: english.keys))
            #expect(english["documents"] as? Int == 2 && english["kept"] as? Int == 1)
            #expect((english["dropped"] as? [String: Int])?.values.reduce(0, +) == 1)
            let table = try folder.serre(line: "corpus show made")
            for word in ["language", "en", "es", "fr", "all", "sha256:"] { #expect(table.output.contains(word)) }
        }

        @Test func theSameSourcesGiveTheSameBytes() throws {
            let source = Executable.sourceRoot + "/fixtures/corpus"
            #expect(try folder.serre("corpus", "build", source, "-o", "a").status == 0)
            #expect(try folder.serre("corpus", "build", source, "-o", "b").status == 0)
            #expect(try folder.contents(of: "a") == folder.contents(of: "b"))
        }

        static let badTexts: [(name: String, bytes: [UInt8], words: [String])] = [
            ("empty", [], ["no text", "remove it"]),
            ("white", Array(" \n\t".utf8), ["no text"]),
            ("binary", Array("ab\0cd".utf8), ["binary data", "byte offset 2"]),
            ("latin-1", [0x63, 0x61, 0x66, 0xE9, 0x0A], ["not valid UTF-8", "0xe9 at byte offset 3", "iconv"]),
            ("cut", Array("é".utf8.dropLast()), ["not valid UTF-8"]),
        ]

        @Test(arguments: badTexts.indices) func badText(index: Int) throws {
            let bad = Self.badTexts[index]
            try folder.write("good text", to: "text/en/good.txt")
            try folder.write(Data(bad.bytes), to: "text/en/\(bad.name).txt")
            let outcome = try folder.serre(line: "corpus build text -o made")
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            let sentence = try outcome.sentence()
            for word in bad.words + ["text/en/\(bad.name).txt"] {
                #expect(sentence.contains(word), "“\(word)” is not in: \(sentence)")
            }
            #expect(folder.names().filter { !$0.hasPrefix(".process") } == ["text"], "nothing half-written is left")
        }

        @Test func badJSONLNamesTheLine() throws {
            try folder.write("{\"text\": \"a\", \"lang\": \"en\"}\n{\"text\": 3}\n", to: "bad.jsonl")
            let outcome = try folder.serre(line: "corpus build bad.jsonl -o made")
            #expect(outcome.status == 2)
            #expect(try outcome.sentence().hasPrefix("bad.jsonl:2: "))
            #expect(!folder.exists("made"))
        }

        @Test func anExistingCorpusIsReplacedOnlyWhenAsked() throws {
            try folder.write("one", to: "text/en/a.txt")
            #expect(try folder.serre(line: "corpus build text -o made").status == 0)
            try folder.write("two", to: "text/en/b.txt")
            let before = try folder.contents(of: "made")
            let refused = try folder.serre(line: "corpus build text -o made")
            #expect(refused.status == 2)
            #expect(try refused.sentence().contains("made"))
            #expect(try folder.contents(of: "made") == before)
            #expect(try folder.serre(line: "corpus build text -o made --replace").status == 0)
            #expect(try folder.contents(of: "made") != before)
        }

        @Test func runsThatStartTogetherShareTheShippedCorpus() throws {
            let running = try (0..<3).map { _ in try folder.start("train nano --steps 1 --json --no-ledger") }
            let digests = try running.map { try $0.finish().digest() }
            #expect(Set(digests).count == 1)
            #expect(!folder.names(in: "runs").contains { $0.hasSuffix(".partial") })
        }
    }
}
