import Foundation
import Testing

extension EndToEnd {
    /// Models that go out to Hugging Face's format and come back, as a user would do it.
    @Suite struct ModelCommandTests {
        private let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func aModelOfLearntTokensTakesItsTokenizerAlong() throws {
            let source = Executable.sourceRoot + "/fixtures/corpus"
            try #require(try folder.serre("corpus", "build", source, "-o", "corpus").status == 0)
            try #require(try folder.serre(line: "tokenizer train corpus --vocab 512 -o t.json").status == 0)
            try #require(try folder.serre(line: "tokens build corpus --tokenizer t.json -o tokens/t").status == 0)
            let sizes = "--set model.vocabulary=512 --set model.padded_vocabulary=512 --set data.tokenizer=bpe"
            let trained = try folder.serre(
                line: "train nano --steps 1 --no-ledger --corpus tokens/t.json \(sizes)")
            try #require(trained.status == 0, "\(trained)")
            let run = try folder.firstRun()
            let exported = try folder.serre(line: "model export \(run) -o out")
            #expect(exported.status == 0 && exported.errors.isEmpty, "\(exported)")
            #expect(try folder.data("out/tokenizer.json") == folder.data("t.json"))
            #expect(try folder.text("out/tokenizer_config.json").contains(#""eos_token": "</s>","#))
            #expect(try folder.text("out/config.json").contains(#""eos_token_id": 2,"#))

            // Token files that have moved, and others.
            try #require(try folder.shell("mv tokens moved").status == 0)
            let without = try folder.serre(line: "model export \(run) -o without")
            #expect(without.status == 0 && without.errors.contains("--corpus"), "\(without)")
            #expect(!folder.exists("without/tokenizer.json"))
            let named = try folder.serre(line: "model export \(run) -o named --corpus moved/t.json")
            #expect(named.status == 0, "\(named)")
            #expect(try folder.contents(of: "named") == folder.contents(of: "out"))
            try #require(
                try folder.serre(line: "tokens build corpus --tokenizer t.json -o other/t --exponent 0.5").status == 0)
            let other = try folder.serre(line: "model export \(run) -o other-out --corpus other/t.json")
            #expect(other.status == 2 && !folder.exists("other-out"))
            #expect(try other.sentence().contains("not the token files that the run learnt from"))
        }

        static let families: [(recipe: String, architecture: String, prefix: String)] = [
            ("nano", "BloomForCausalLM", "transformer."), ("nano-llama", "LlamaForCausalLM", "model."),
            ("nano-gpt2", "GPT2LMHeadModel", "transformer."),
        ]

        @Test(arguments: families)
        func everyFamilyGoesOutInShardsAndComesBack(recipe: String, architecture: String, prefix: String) throws {
            #expect(try folder.serre(line: "train \(recipe) --steps 2 --no-ledger --tensor 2").status == 0)
            let run = try folder.firstRun()
            let exported = try folder.serre(line: "model export \(run) -o out --max-shard-size 100KB --json")
            let report = try #require(try exported.objects(1).first, "\(exported)")
            #expect(report["architecture"] as? String == architecture)
            let weights = try #require(report["weights"] as? [[String: Any]])
            #expect(weights.count > 1)
            for weight in weights {
                let name = try #require(weight["file"] as? String)
                #expect(try folder.data("out/" + name).count == weight["bytes"] as? Int)
            }
            let index = try JSONSerialization.jsonObject(with: folder.data("out/model.safetensors.index.json"))
            let map = try #require((index as? [String: Any])?["weight_map"] as? [String: String])
            #expect(Set(map.values) == Set(weights.compactMap { $0["file"] as? String }))
            #expect(map.keys.allSatisfy { $0.hasPrefix(prefix) || $0 == "lm_head.weight" })
            let imported = try folder.serre(line: "model import out --output back --json")
            let made = try #require(try imported.objects(1).first?["folder"] as? String, "\(imported)")
            #expect(
                try imported.objects(1).first?["family"] as? String
                    == (recipe == "nano" ? "bloom" : "\(recipe.dropFirst(5))"))
            func text(_ run: String) throws -> String {
                try folder.serre(line: "generate \(run) --prompt The --temperature 0 --json").output
            }
            #expect(try text(made) == text(run))
            #expect(try folder.serre(line: "train --resume \(made) --steps 1 --no-ledger").status == 0)
            // In its place, one file.
            #expect(try folder.serre(line: "model export \(run) -o out --replace").status == 0)
            #expect(
                folder.names(in: "out") == [
                    "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
                ])
        }

        @Test func logitsOfAModelThatComesBackAreTheSame() throws {
            #expect(try folder.serre(line: "train nano-llama --steps 1 --no-ledger").status == 0)
            let run = try folder.firstRun()
            try folder.write(Self.tokens([1, 72, 105, 256], type: "I32", shape: [2, 2]), to: "tokens.safetensors")
            let read = try folder.serre(line: "model logits \(run) --tokens tokens.safetensors -o one.safetensors")
            #expect(
                read.status == 0 && read.output.contains("one.safetensors: logits [2, 2, 264] at step 1"), "\(read)")
            #expect(try folder.serre(line: "model export \(run) -o out").status == 0)
            #expect(try folder.serre(line: "model import out --output back").status == 0)
            let back = try #require(folder.runs(in: "back").first)
            #expect(
                try folder.serre(line: "model logits \(back) --tokens tokens.safetensors -o two.safetensors").status
                    == 0)
            #expect(try folder.data("one.safetensors") == folder.data("two.safetensors"))
        }

        /// The values of a table of token ids in a safetensors file.
        private static func tokens(_ values: [Int32], type: String, shape: [Int]) -> Data {
            let json =
                #"{"tokens":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[0,\#(4 * values.count)]}}"#
            let length = withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian) { Data($0) }
            return length + Data(json.utf8) + values.withUnsafeBytes { Data($0) }
        }

        /// (what stands in for tokens.safetensors, words of the refusal)
        static let badTokens: [(values: [Int32], type: String, shape: [Int], word: String)] = [
            ([1, 2], "I32", [2], "not a table of token ids"), ([1, 2], "F32", [1, 2], "not a table of token ids"),
            ([1, 264], "I32", [1, 2], "does not know"), ([1, -1], "I32", [1, 2], "does not know"),
        ]

        @Test func badInputIsRefusedInOneSentence() throws {
            #expect(try folder.serre(line: "train nano --steps 1 --no-ledger").status == 0)
            let run = try folder.firstRun()
            for bad in Self.badTokens {
                try folder.write(Self.tokens(bad.values, type: bad.type, shape: bad.shape), to: "t.safetensors")
                let refused = try folder.serre(line: "model logits \(run) --tokens t.safetensors -o l.safetensors")
                #expect(refused.status == 2, "\(refused)")
                #expect(try refused.sentence().contains(bad.word))
                #expect(!folder.exists("l.safetensors"))
            }
            for size in ["5XB", "0", "-1", "GB", "99999999999TB", "1.5GB"] {
                let refused = try folder.serre(line: "model export \(run) -o out --max-shard-size=\(size)")
                #expect(refused.status == 2 || refused.status == 64, "\(refused)")
                #expect(refused.errors.contains("--max-shard-size") && !folder.exists("out"))
            }
            try folder.write(#"{"model_type":"mistral"}"#, to: "other/config.json")
            let other = try folder.serre(line: "model import other")
            #expect(other.status == 2)
            #expect(try other.sentence().contains("other/config.json: model_type: this kind of model is not supported"))
        }
    }
}
