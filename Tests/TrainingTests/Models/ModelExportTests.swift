import Diagnostics
import Foundation
import Integrity
import Interchange
import Numerics
import Programs
import Recipes
import Testing

@testable import Training

@Suite("Model export")
struct ModelExportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "every tensor is the one that transformers wrote, byte for byte, from any layout",
        arguments: [Layout(zero: 0), Layout(pipeline: 2, data: 2)])
    func sameTensorsAsTransformers(layout: Layout) throws {
        let (checkpoint, recipe) = try BloomFixture.run(in: folder, layout)
        let receipt = try ModelExport.write(checkpoint, of: recipe, to: folder["model"])
        let ours = try SafetensorsFile(path: folder["model/model.safetensors"])
        let theirs = try SafetensorsFile(path: BloomFixture.folder + "/model.safetensors")
        #expect(Set(ours.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
        for tensor in theirs.tensors {
            #expect(try ours.tensor(tensor.name) == tensor)
            #expect(try ours.digest(of: tensor.name) == theirs.digest(of: tensor.name), "\(tensor.name)")
        }
        #expect(ours.metadata == ["format": "pt"])
        #expect(receipt.weights.files.map(\.digest) == [ours.digest()])
        #expect(receipt.parameters == recipe.parameterCount)
    }

    @Test("the configuration says what transformers' does")
    func configuration() throws {
        let (checkpoint, recipe) = try BloomFixture.run(in: folder)
        _ = try ModelExport.write(checkpoint, of: recipe, to: folder["model"])
        let ours = try BloomFixture.configuration(folder["model"])
        let theirs = try BloomFixture.configuration(BloomFixture.folder)
        for key in [
            "model_type", "n_layer", "n_head", "hidden_size", "vocab_size", "layer_norm_epsilon", "architectures",
        ] {
            #expect(ours[key] as? NSObject == theirs[key] as? NSObject, "\(key)")
            #expect(ours[key] != nil, "\(key)")
        }
        for key in ["hidden_dropout", "attention_dropout"] { #expect(ours[key] as? Double == 0) }
        #expect(ours["tie_word_embeddings"] as? Bool == true)
        #expect(ours["torch_dtype"] as? String == "float32")
        #expect(ours["eos_token_id"] is NSNull, "this recipe's tokeniser has no known document end")
        var bytes = try TestData.recipe("nano")
        bytes.data.tokenizer = "bytes"
        let json = try BloomConfiguration(bytes).json
        #expect(json.contains("\"eos_token_id\": 256,") && json.contains("\"bos_token_id\": 256,"))
        #expect(json.contains("\"vocab_size\": 264\n"))
    }

    @Test("a model of bytes takes its tokeniser along")
    func tokenizer() throws {
        let run = try folder.run()
        let nano = try NanoTrainer(run)
        nano.trainer.initialize()
        _ = try nano.run(until: 1)
        _ = try ModelExport.write(Checkpoint(run.checkpoint(1)), of: nano.trainer.recipe, to: folder["model"])
        let files = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
        #expect(names(in: folder["model"]) == files)
        let data = try Data(contentsOf: URL(filePath: folder["model/tokenizer.json"]))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let model = try #require(object["model"] as? [String: Any])
        let vocabulary = try #require(model["vocab"] as? [String: Int])
        #expect(vocabulary.values.sorted() == Array(0...255))
        // The byte-level alphabet of GPT-2: printable Latin-1 as it is, the rest from U+0100 on.
        for (text, byte) in [
            ("A", 65), ("\"", 34), ("\\", 92), ("é", 0xE9), ("Ā", 0), ("Ċ", 10), ("Ġ", 32), ("Ń", 0xAD),
        ] {
            #expect(vocabulary[text] == byte)
        }
        let added = try #require(object["added_tokens"] as? [[String: Any]])
        #expect(added.count == 1 && added[0]["id"] as? Int == 256)
    }

    @Test("a given tokeniser goes along, and the configuration names its document end")
    func givenTokenizer() throws {
        let (checkpoint, recipe) = try BloomFixture.run(in: folder)
        let tokenizer = TokenizerFiles(json: Array("{}".utf8), documentEnd: 3, documentEndText: "<\"\\\n>")
        _ = try ModelExport.write(checkpoint, of: recipe, to: folder["model"], tokenizer: tokenizer)
        #expect(try Data(contentsOf: URL(filePath: folder["model/tokenizer.json"])) == Data("{}".utf8))
        let settings = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(filePath: folder["model/tokenizer_config.json"])))
        #expect((settings as? [String: Any])?["eos_token"] as? String == "<\"\\\n>")
        #expect(try BloomFixture.configuration(folder["model"])["eos_token_id"] as? Int == 3)
    }

    @Test("a full place is refused, and replaced only if it is an exported model")
    func existing() throws {
        let (checkpoint, recipe) = try BloomFixture.run(in: folder)
        try FileManager.default.createDirectory(atPath: folder["model"], withIntermediateDirectories: true)
        _ = try ModelExport.write(checkpoint, of: recipe, to: folder["model"])
        let first = try Data(contentsOf: URL(filePath: folder["model/model.safetensors"]))
        let again = diagnostic { () throws(Diagnostic) in
            _ = try ModelExport.write(checkpoint, of: recipe, to: folder["model"])
        }
        #expect(again?.code == "folder.exists")
        try Data("old".utf8).write(to: URL(filePath: folder["model/model.safetensors"]))
        _ = try ModelExport.write(checkpoint, of: recipe, to: folder["model"], replace: true)
        #expect(try Data(contentsOf: URL(filePath: folder["model/model.safetensors"])) == first)
        try Data("mine".utf8).write(to: URL(filePath: folder["model/notes.txt"]))
        let foreign = diagnostic { () throws(Diagnostic) in
            _ = try ModelExport.write(checkpoint, of: recipe, to: folder["model"], replace: true)
        }
        #expect(foreign?.code == "folder.exists" && foreign?.found == "notes.txt")
        #expect(names(in: folder.path).allSatisfy { !$0.hasSuffix(".partial") })
    }

    @Test("what BLOOM's configuration cannot say is refused, and nothing is left")
    func otherWidth() throws {
        let run = try folder.run()
        try NanoTrainer.start(run, until: 1) { $0.model.ffn = 128 }
        var recipe = try TestData.recipe("nano")
        recipe.model.ffn = 128
        let checkpoint = try Checkpoint(run.checkpoint(1))
        let refusal = diagnostic { () throws(Diagnostic) in
            _ = try ModelExport.write(checkpoint, of: recipe, to: folder["model"])
        }
        #expect(refusal?.code == "model.ffn")
        #expect(names(in: folder.path) == ["run"])
    }

    @Test("one parameter's values come whole from any layout's pieces; an unknown name gets a suggestion")
    func values() throws {
        let run = try folder.run()
        let nano = try NanoTrainer(run, layout: Layout(tensor: 2, data: 2, microBatch: 2))
        nano.trainer.initialize()
        _ = try nano.run(until: 1)
        let checkpoint = try Checkpoint(run.checkpoint(1))
        for tensor in StateTensor.allCases {
            let whole = nano.trainer.executor.wholeTensors(tensor)
            for (parameter, expected) in zip(ModelParameters(nano.trainer.recipe.model).all, whole) {
                #expect(try checkpoint.values(of: parameter.name, tensor) == expected, "\(parameter.name)")
            }
        }
        let refusal = diagnostic { () throws(Diagnostic) in _ = try checkpoint.values(of: "ln_f.wieght") }
        #expect(refusal?.remedy?.contains("ln_f.weight") == true)
    }
}
