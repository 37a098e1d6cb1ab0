import Foundation
import Testing

extension EndToEnd {
    /// `serre tokenizer`, and the way from raw text to a training run through it.
    @Suite struct TokenizerCommand {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func fromTextToTokensToTraining() throws {
            let specification = Executable.sourceRoot + "/fixtures/corpora/small.yaml"
            let corpus = try folder.serre("corpus", "build", specification, "-o", "corpus")
            try #require(corpus.status == 0, "\(corpus)")
            let trained = try folder.serre(line: "tokenizer train corpus --vocab 600 -o tokenizer.json")
            try #require(trained.status == 0, "\(trained)")
            // The validation split must not shape the tokenizer: learning from the train texts alone gives the same file.
            var trainTexts = ""
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/corpus").sorted()
            where name.hasPrefix("texts-") {
                let lines = String(decoding: try folder.data("corpus/" + name), as: UTF8.self)
                trainTexts += lines.split(separator: "\n").filter { $0.contains(#""split":"train""#) }
                    .map { $0 + "\n" }.joined()
            }
            try folder.write(trainTexts, to: "train.jsonl")
            #expect(try folder.serre(line: "tokenizer train train.jsonl --vocab 600 -o again.json").status == 0)
            #expect(try folder.data("again.json") == folder.data("tokenizer.json"))

            let built = try folder.serre(line: "tokens build corpus --tokenizer tokenizer.json -o tokens/small --json")
            try #require(built.status == 0, "\(built)")
            #expect(try built.objects(1).first?["vocabulary"] as? Int == 600)
            let run = try folder.serre(
                line: "train nano --corpus tokens/small.json --set model.vocabulary=600 --set "
                    + "model.padded_vocabulary=600 --set data.tokenizer=tokenizer.json --steps 2 --no-ledger --json")
            #expect(run.status == 0, "\(run)")
        }

        @Test func encodeAndDecodeAreInverse() throws {
            try folder.write("Ça va? 日本語 123 \t\n fin", to: "text.txt")
            let encoded = try folder.serre(line: "tokenizer encode --tokenizer bytes text.txt --json")
            try #require(encoded.status == 0, "\(encoded)")
            let ids = try #require(try encoded.objects(1).first?["ids"] as? [Int])
            #expect(ids == (try folder.data("text.txt")).map { Int($0) })
        }

        @Test func fertilityComparesLanguageByLanguage() throws {
            let texts = Executable.sourceRoot + "/fixtures/corpus"
            let outcome = try folder.serre("tokenizer", "fertility", "--tokenizer", "bytes", texts, "--json")
            try #require(outcome.status == 0, "\(outcome)")
            let languages = try outcome.objects(11)
            for figures in languages { #expect(figures["tokens"] as? Int == figures["bytes"] as? Int, "\(figures)") }
            let bytes = languages.dropLast().compactMap { $0["bytes"] as? Int }
            #expect(bytes.reduce(0, +) == languages.last?["bytes"] as? Int)
        }
    }
}
