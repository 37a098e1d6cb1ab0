import Foundation
import Testing

extension EndToEnd {
    /// `serre corpus build SPEC.yaml`, `show` and `remove` as users meet them.
    @Suite struct CorpusSpecifications {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        /// A specification over `count` documents in two languages, with every kind of deduplication.
        private func writeSources(_ count: Int) throws {
            for (language, words) in [("en", "the glass house holds"), ("fr", "la serre de verre abrite")] {
                let lines = (0..<count).map { number in
                    let body = (0..<40).map { "\(words) plant \((number * 31 + $0 * 17) % 997)" }.joined(
                        separator: ", ")
                    return #"{"text": "A notice that stands on every single page\n\#(body) \#(number)"}"#
                }
                try folder.write(lines.joined(separator: "\n") + "\n", to: "pages/\(language).jsonl")
            }
            try folder.write(
                """
                name: pages
                sources:
                  - {name: english, kind: jsonl, path: pages/en.jsonl, language: en, licence: CC0-1.0}
                  - {name: french, kind: jsonl, path: pages/fr.jsonl, language: fr}
                stages: [unicode, whitespace, word-count, special-characters]
                deduplication: {near: simhash, substrings: {bytes: 200}}
                redaction: true
                """, to: "pages.yaml")
        }

        @Test func buildShowExplainRemove() throws {
            try writeSources(20)
            let built = try folder.serre(line: "corpus build pages.yaml -o made --json")
            #expect(built.status == 0 && built.errors.isEmpty, "\(built)")
            let shown = try folder.serre(line: "corpus show made --json")
            #expect(shown.output == built.output)
            let languages = try #require(try shown.objects(1).first?["languages"] as? [String: [String: Any]])
            #expect(Set(languages.keys) == ["en", "fr"])
            for (_, language) in languages {
                let documents = try #require(language["documents"] as? Int)
                let kept = try #require(language["kept"] as? Int)
                let dropped = try #require(language["dropped"] as? [String: Int])
                #expect(documents == 20 && documents == kept + dropped.values.reduce(0, +))
            }
            let table = try folder.serre(line: "corpus show made")
            for line in table.lines { #expect(line.count <= 100, "\(line)") }
            let story = try folder.serre(line: "corpus show made --explain english:en.jsonl:3")
            #expect(story.status == 0 && story.output.contains("word-count"), "\(story)")
            let removed = try folder.serre(
                "corpus", "remove", "made", "--source", "french", "--reason", "not needed", "-o", "less", "--json")
            #expect(removed.status == 0, "\(removed)")
            #expect(removed.errors.contains("make them again"))
            let less = try #require(try removed.objects(1).first)
            #expect(try #require(less["languages"] as? [String: Any]).keys.sorted() == ["en"])
            #expect(less["digest"] as? String != (try shown.objects(1).first?["digest"] as? String))
            #expect(try folder.data("less/texts-en-00000.jsonl") == folder.data("made/texts-en-00000.jsonl"))
            #expect(folder.names().filter { !$0.hasPrefix(".process") } == ["less", "made", "pages", "pages.yaml"])
        }

        @Test func anInputThatGaveNoDocumentIsExplained() throws {
            try writeSources(5)
            try folder.write(try folder.text("pages/en.jsonl") + "no JSON\n", to: "pages/en.jsonl")
            try #require(try folder.serre(line: "corpus build pages.yaml -o made").status == 0)
            let story = try folder.serre(line: "corpus show made --explain english:en.jsonl:6")
            #expect(story.status == 0 && story.output.contains("not-json, expected"), "\(story)")
            let row = try folder.serre(line: "corpus show made --explain english:en.jsonl:6 --json")
            #expect(try row.objects(1).first?["reason"] as? String == "not-json")
            let none = try folder.serre(line: "corpus show made --explain english:en.jsonl:7")
            #expect(none.status == 2 && none.errors.contains("no such document"))
        }

        @Test func moreLanguagesThanFilesMayBeOpenAreNoTrouble() throws {
            let lines = (10..<70).map { number in
                let code = "qaa-\(number)"
                return #"{"lang": "\#(code)", "text": "a text in \#(code)"}"# + "\n"
            }
            try folder.write(lines.joined(), to: "many.jsonl")
            try folder.write(
                "name: many\nsources:\n  - {name: many, kind: jsonl, path: many.jsonl}\nstages: [unicode]\n",
                to: "many.yaml")
            let built = try folder.shell(#"ulimit -Sn 64; "$SERRE" corpus build many.yaml -o made >/dev/null"#)
            #expect(built.status == 0, "\(built)")
            #expect(folder.names(in: "made").count { $0.hasPrefix("texts-") } == 60)
            // Where the system allows no more, what is to do is said, and what was read is not read again.
            let refused = try folder.shell(#"ulimit -n 64; "$SERRE" corpus build many.yaml -o refused"#)
            #expect(refused.status == 1 && refused.errors.contains("ulimit -n"), "\(refused)")
            #expect(refused.errors.contains("goes on from there") && !folder.exists("refused"))
        }

        @Test func theExampleIsASpecification() throws {
            let example = try folder.serre(line: "corpus build --example")
            #expect(example.status == 0 && example.output.hasPrefix("#"))
            let path = Executable.sourceRoot + "/fixtures/corpora/small.yaml"
            #expect(try String(contentsOfFile: path, encoding: .utf8) == example.output)
            #expect(try folder.serre("corpus", "build", path, "-o", "small").status == 0)
        }

        @Test func aBuildThatIsKilledGoesOnAndEndsWithTheSameBytes() throws {
            try writeSources(3000)
            let straight = try folder.serre(line: "corpus build pages.yaml -o straight --workers 1")
            try #require(straight.status == 0, "\(straight)")
            let expected = try folder.contents(of: "straight")
            var kills = 0
            var delay: UInt32 = 3_000
            while !folder.exists("made/manifest.json") {
                try #require(kills < 200, "the kills do not come to an end")
                let running = try folder.start("corpus build pages.yaml -o made --workers 2")
                usleep(delay)
                // Each time a little later, so that every pass is met.
                delay += 12_000
                running.send(SIGKILL)
                if running.finish().status != 0 { kills += 1 }
                if folder.exists("made") { #expect(folder.exists("made/manifest.json"), "the output appears whole") }
            }
            #expect(kills > 3, "the test needs kills")
            let last = try folder.serre(line: "corpus build pages.yaml -o made --replace")
            #expect(last.status == 0, "\(last)")
            #expect(try folder.contents(of: "made") == expected)
            #expect(!folder.exists("made.partial"))
        }

        static let mistakes: [(change: @Sendable (String) -> String, arguments: String, words: [String])] = [
            ({ $0 + "\nstage: []" }, "", ["pages.yaml:8: stage: unknown key", "did you mean stages?"]),
            ({ $0.replacingOccurrences(of: "en.jsonl", with: "xx.jsonl") }, "", ["pages/xx.jsonl"]),
            ({ $0 }, " --set split.validation=2", ["--set split.validation", "less than 1"]),
            ({ $0 }, " --set stages=[word-cuont]", ["did you mean word-count?"]),
            (
                { $0.replacingOccurrences(of: "[unicode", with: "[size: {bytes: 1000000}, unicode") }, "",
                ["no document is left", "size dropped 10"]
            ),
        ]

        @Test(arguments: mistakes.indices) func aMistakeIsNamed(index: Int) throws {
            try writeSources(5)
            let mistake = Self.mistakes[index]
            try folder.write(mistake.change(try folder.text("pages.yaml")), to: "pages.yaml")
            let outcome = try folder.serre(line: "corpus build pages.yaml -o made" + mistake.arguments)
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            let sentence = try outcome.sentence()
            for word in mistake.words { #expect(sentence.contains(word), "“\(word)” is not in: \(sentence)") }
            // Where no document is left, the tables that say why are.
            let isEmpty = mistake.words.contains("no document is left")
            let left = folder.names().filter { !$0.hasPrefix(".process") }
            #expect(left == (isEmpty ? ["made.partial"] : []) + ["pages", "pages.yaml"])
        }

        @Test(.enabled(if: TestFolder.canMount)) func aFullDiskLosesNothing() throws {
            try writeSources(2000)
            let outcome = try folder.shell(
                """
                mkdir disk && mount -t tmpfs -o size=600k none disk
                "$SERRE" corpus build pages.yaml -o disk/made && exit 9
                test -d disk/made.partial && ! test -e disk/made
                mount -o remount,size=64m disk
                "$SERRE" corpus build pages.yaml -o disk/made >/dev/null
                test ! -e disk/made.partial
                cp -r disk/made made
                """, mounting: true)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.errors.contains("No space left") && outcome.errors.contains("goes on from there"))
            try #require(try folder.serre(line: "corpus build pages.yaml -o straight").status == 0)
            #expect(try folder.contents(of: "made") == folder.contents(of: "straight"))
        }

        @Test func trainingOnTextsSaysHowToMakeTokens() throws {
            try writeSources(5)
            try #require(try folder.serre(line: "corpus build pages.yaml -o made").status == 0)
            let outcome = try folder.serre(line: "train nano --corpus made --no-ledger")
            #expect(outcome.status == 2, "\(outcome)")
            #expect(try outcome.sentence().contains("serre tokens build"))
        }
    }
}
