import Foundation
import Testing

extension EndToEnd {
    @Suite struct TokensCommand {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private func makeTokens(_ more: String = "") throws {
            let source = Executable.sourceRoot + "/fixtures/corpus"
            #expect(try folder.serre("corpus", "build", source, "-o", "corpus").status == 0)
            let built = try folder.serre(line: "tokens build corpus --tokenizer bytes -o tokens/small --json" + more)
            try #require(built.status == 0, "\(built)")
        }

        @Test func buildAndShowSayTheSame() throws {
            try makeTokens()
            let shown = try folder.serre(line: "tokens show tokens/small.json --json")
            let object = try #require(try shown.objects(1).first)
            #expect(object["vocabulary"] as? Int == 257 && object["document_end"] as? Int == 256)
            #expect(object["tokenizer"] as? String == "bytes" && object["type"] as? String == "uint16")
            let languages = try #require(object["languages"] as? [String: [String: Any]])
            #expect(languages.count == 10)
            let shares = languages.values.compactMap { $0["share"] as? Double }
            #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
            let table = try folder.serre(line: "tokens show tokens/small.json")
            for word in ["language", "ar", "zh", "all", "held out", "sha256:"] { #expect(table.output.contains(word)) }
            #expect(table.lines.allSatisfy { $0.count <= 100 || $0.contains("sha256:") })
            #expect(try folder.serre(line: "tokens show tokens/small").output == table.output)
            let file = try folder.serre(line: "tokens show tokens/small-fr-train.idx --json").objects(1)[0]
            let french = try #require(languages["fr"]?["train"] as? [String: Int])
            #expect(file["tokens"] as? Int == french["tokens"] && file["documents"] as? Int == french["documents"])
            let document = try folder.serre(line: "tokens show tokens/small-fr-train.idx --document 0 --json").objects(
                1)[0]
            #expect((document["ids"] as? [Int])?.last == 256)
        }

        @Test func badArgumentsAreOneSentence() throws {
            try makeTokens()
            for (line, word) in [
                ("tokens build corpus --tokenizer bytes -o tokens/small", "--replace"),
                ("tokens build corpus --tokenizer bytes -o tokens/other --weights fr=1,xx=2", "xx: "),
                ("tokens build corpus --tokenizer none.json -o tokens/other", "none.json"),
                ("tokens build none --tokenizer bytes -o tokens/other", "none"),
                ("tokens show tokens/small-fr-train.idx --document 1000", "no such document"),
                ("tokens show corpus/manifest.json", "serre tokens build"),
                ("train nano --corpus tokens/none.json", "tokens/none.json"),
                ("train nano --corpus tokens/small", "found nothing there; for the token files of that prefix name"),
                ("train nano --corpus tokens/small-fr-train.idx", "for token files name the PREFIX.json"),
                ("train nano --corpus tokens", "found no manifest.json in it"),
                ("train nano --corpus tokens/small.json --set data.weights.fr=1", "no weight"),
                ("train nano --corpus corpus --set data.sampling_exponent=0.3", "serre tokens build"),
                ("train nano --corpus tokens/small.json --set data.tokenizer=bpe", "data.tokenizer=bytes"),
            ] {
                let outcome = try folder.serre(line: line)
                #expect(outcome.status == 2 && outcome.output.isEmpty, "\(line): \(outcome)")
                #expect(try outcome.sentence().contains(word), "\(line): \(outcome)")
            }
        }

        @Test func theRunIsTheSameOnEveryLayoutAndStraightOrStopped() throws {
            try makeTokens()
            let corpus = "--corpus tokens/small.json --json --no-ledger"
            let straight = try folder.serre(line: "train nano --steps 6 \(corpus) --output straight").digest()
            let wide = try folder.serre(
                line: "train nano --steps 6 --tensor 2 --pipeline 2 --data 2 \(corpus) --output wide"
            ).digest()
            #expect(wide == straight)
            let spread = try folder.onProcesses(2, "train nano --steps 6 --data 2 \(corpus) --output spread").digest()
            #expect(spread == straight)
            #expect(try folder.serre(line: "train nano --steps 3 \(corpus)").status == 0)
            // A resumed run knows its token files.
            let resumed = try folder.serre(line: "train --resume --steps 6 --data 2 --json --no-ledger").digest()
            #expect(resumed == straight)
            let flat = try folder.serre(
                line: "train nano --steps 6 --set data.sampling_exponent=0 \(corpus) --output flat"
            ).digest()
            #expect(flat != straight, "weights change what is learned")
        }

        @Test func theRecordHoldsTheManifestAndItsDigest() throws {
            try makeTokens(" --weights ar=1,de=1,el=1,en=1,es=1,fr=1,ja=1,pt=1,ru=1,zh=1")
            let shown = try folder.serre(line: "tokens show tokens/small.json --json").objects(1)[0]
            let trained = try folder.serre(line: "train nano --steps 1 --corpus tokens/small.json --json")
            let run = try #require(try trained.objects().last?["run"] as? String)
            let note =
                try JSONSerialization.jsonObject(with: folder.data("runs/\(run)/corpus.json")) as? [String: String]
            #expect(note?["digest"] == shown["digest"] as? String && note?["folder"] == folder("tokens/small.json"))
            let evaluated = try folder.text("runs/\(run)/metrics.jsonl")
            for language in ["ar", "zh"] { #expect(evaluated.contains("\"\(language)\"")) }
            let dry = try folder.serre(line: "train nano --corpus tokens/small.json --dry-run")
            #expect(dry.output.contains("sampling") && dry.output.contains("fr "), "\(dry)")
            let text = try folder.serre("generate", "runs/" + run, "--languages", "--length", "4", "--json")
            #expect(try text.objects(10).count == 10)
        }

        @Test func damagedFilesAreRefusedBeforeTraining() throws {
            try makeTokens()
            var bytes = try folder.data("tokens/small-en-train.bin")
            bytes[100] ^= 1
            try folder.write(bytes, to: "tokens/small-en-train.bin")
            let outcome = try folder.serre(line: "train nano --corpus tokens/small.json")
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(try outcome.sentence().contains("small-en-train.bin"))
            #expect(folder.runs().isEmpty)
        }
    }
}
