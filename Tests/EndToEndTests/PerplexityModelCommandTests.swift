import Foundation
import Testing

extension EndToEnd {
    /// `serre corpus perplexity-model`, and a specification that names what it made.
    @Suite struct PerplexityModelCommands {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private static let source = Executable.sourceRoot + "/fixtures/corpus"

        private func train(_ output: String, _ arguments: String...) throws -> Outcome {
            let command = [try Executable.serre(), "corpus", "perplexity-model", "train", Self.source, "-o", output]
            return try folder.run(command + arguments)
        }

        @Test func modelsAreTrainedMeasuredAndNamedBySpecifications() throws {
            let one = try train("one", "--workers", "1", "--json")
            #expect(one.status == 0 && one.errors.isEmpty, "\(one)")
            #expect(try one.objects().compactMap { $0["language"] as? String }.contains("fr"))
            #expect(try train("two", "--workers", "2").status == 0)
            #expect(try folder.contents(of: "one") == folder.contents(of: "two"))
            let measured = try folder.serre(
                "corpus", "perplexity-model", "test", Self.source, "--models", "one", "--json")
            let french = try #require(try measured.objects().first { $0["language"] as? String == "fr" })
            let (median, most) = (french["median"] as? Double ?? 0, french["maximum"] as? Double ?? 0)
            #expect(0 < median && median <= most && most < 8)

            try folder.write(
                """
                name: stories
                sources: [{name: stories, kind: folder, path: \(Self.source)}]
                stages: [{perplexity: {languages: {fr: {model: one/fr.bin, maximum: 0.5}}}}]
                """, to: "stories.yaml")
            let built = try folder.serre(line: "corpus build stories.yaml -o made --json")
            let languages = try #require(try built.objects(1).first?["languages"] as? [String: [String: Any]])
            #expect(languages["fr"]?["kept"] as? Int == 0 && languages["de"]?["kept"] as? Int == 6)
        }

        @Test func codeHasNoModel() throws {
            let code = #"{"text": "let a = b", "lang": "swift"}"#
            try folder.write(code + "\n" + #"{"text": "Une serre de verre", "lang": "fr"}"#, to: "mixed.jsonl")
            let mixed = try folder.serre(line: "corpus perplexity-model train mixed.jsonl -o models")
            #expect(mixed.status == 0, "\(mixed)")
            #expect(folder.names(in: "models") == ["fr.bin"])
            try folder.write(code, to: "code.jsonl")
            let none = try folder.serre(line: "corpus perplexity-model train code.jsonl -o none")
            #expect(none.status == 2)
            #expect(try none.sentence().contains("code has no such models"))
            #expect(!folder.exists("none"))
        }

        @Test func mistakesAreNamed() throws {
            try #require(try train("models").status == 0)
            let again = try train("models")
            #expect(again.status == 2)
            #expect(try again.sentence().contains("--replace"))
            try folder.write("text without a language", to: "flat.txt")
            let flat = try folder.serre(line: "corpus perplexity-model train flat.txt -o other")
            #expect(flat.status == 2)
            #expect(try flat.sentence().contains("--lang"))
            let none = try folder.serre(line: "corpus perplexity-model test flat.txt --lang tlh --models models")
            #expect(none.status == 2)
            #expect(try none.sentence().contains("no text is in a language that has a model"))
            #expect(!folder.exists("other"))
        }
    }
}
