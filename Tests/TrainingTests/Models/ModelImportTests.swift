import Diagnostics
import Foundation
import Interchange
import Numerics
import Programs
import Recipes
import Testing

@testable import Training

@Suite("Model import")
struct ModelImportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Imports and gives the parameters of the run that was made.
    private func parameters(of model: ModelImport, _ run: String = "imported") throws -> [String: [Float]] {
        let recipe = try model.recipe()
        _ = try model.write(recipe, kernels: BloomFixture.kernels(), to: folder[run])
        let checkpoint = try Checkpoint(RunFolder(folder[run]).checkpoint(0))
        return try Dictionary(
            uniqueKeysWithValues: ModelParameters(recipe.model).all.map {
                ($0.name, try checkpoint.values(of: $0.name))
            })
    }

    private func refusal(_ place: String) -> String? {
        diagnostic { () throws(Diagnostic) in _ = try ModelImport(place) }?.code
    }

    @Test("what transformers wrote comes in as the golden weights, bit for bit")
    func transformersFolder() throws {
        let found = try parameters(of: ModelImport(BloomFixture.folder))
        for truth in try GoldenValues("tiny").parameters("parameter") {
            #expect(found[truth.name]?.map(Double.init) == truth.values, "\(truth.name)")
        }
        let recipe = try Recipe.load(folder["imported/recipe.yaml"])
        #expect(recipe.model.layers == 2 && recipe.model.heads == 3 && recipe.model.paddedVocabulary == 24)
    }

    @Test("export and import give back a trained model, ready to train on")
    func roundTrip() throws {
        let run = try folder.run()
        let trained = try NanoTrainer(run)
        trained.trainer.initialize()
        _ = try trained.run(until: 2)
        let recipe = trained.trainer.recipe
        _ = try ModelExport.write(Checkpoint(run.checkpoint(2)), of: recipe, to: folder["model"])
        let model = try ModelImport(folder["model"])
        let own = try model.recipe(basedOn: recipe)
        #expect(own == recipe)
        // How the embedding would start is not in the weights.
        var normal = recipe
        normal.model.initialEmbedding = .normal
        #expect(try model.recipe(basedOn: normal) == normal)
        let digest = try model.write(own, kernels: BloomFixture.kernels(), to: folder["imported"])
        let imported = RunFolder(folder["imported"])
        let checkpoint = try Checkpoint(imported.checkpoint(0))
        #expect(checkpoint.index.stateDigest == digest.description)
        #expect(checkpoint.index.step == 0 && checkpoint.index.samples == 0)
        let next = try NanoTrainer(imported, layout: Layout(tensor: 2, pipeline: 2, microBatch: 4))
        try next.trainer.resume(from: checkpoint)
        #expect(next.trainer.executor.wholeTensors() == trained.trainer.executor.wholeTensors())
        for moment in [StateTensor.firstMoment, .secondMoment] {
            #expect(next.trainer.executor.wholeTensors(moment).allSatisfy { $0.allSatisfy { $0 == 0 } })
        }
        #expect(try next.run(until: 1).step == 1)
        let modest = try model.recipe()
        #expect(modest.model == recipe.model && modest.data.tokenizer == "bytes" && modest.trainingObstacles.isEmpty)
    }

    @Test("narrow types widen exactly", arguments: [ElementType.bfloat16, .float16])
    func widening(type: ElementType) throws {
        // 1.5, −2 and the smallest subnormal, over and over.
        let patterns: [UInt16] = type == .bfloat16 ? [0x3FC0, 0xC000, 0x0001] : [0x3E00, 0xC000, 0x0001]
        let smallest = type == .bfloat16 ? Float(bitPattern: 0x1_0000) : 0x1p-24
        let weights = try BloomFixture.weights(to: folder["narrow.safetensors"]) { tensor, bytes in
            let values = (0..<bytes.count / 4).map { patterns[$0 % 3].littleEndian }
            return (.init(tensor.name, type, shape: tensor.shape), values.withUnsafeBytes { Array($0) })
        }
        let place = try BloomFixture.copy(to: folder["narrow"], weights: weights)
        let found = try parameters(of: ModelImport(place))
        #expect(found["h.1.mlp.dense_h_to_4h.bias"]?.prefix(4) == [1.5, -2, smallest, 1.5])
    }

    @Test("files without the prefix and with a copied output layer are read the same")
    func olderFiles() throws {
        let embedding = try BloomFixture.bytes(
            SafetensorsFile(path: BloomFixture.folder + "/model.safetensors"), "transformer.word_embeddings.weight")
        let head = (TensorDescription("lm_head.weight", .float32, shape: [24, 24]), embedding)
        let bare = try BloomFixture.weights(to: folder["bare.safetensors"], extra: [head]) { tensor, bytes in
            (.init(String(tensor.name.dropFirst(12)), tensor.type, shape: tensor.shape), bytes)
        }
        let place = try BloomFixture.copy(
            to: folder["bare"],
            config: {
                // The names of BigScience's own files.
                $0["n_embed"] = $0.removeValue(forKey: "hidden_size")
                $0["num_attention_heads"] = $0.removeValue(forKey: "n_head")
            }, weights: bare)
        let one = try parameters(of: ModelImport(place), "one")
        #expect(try one == parameters(of: ModelImport(BloomFixture.folder), "other"))
        let untied = try BloomFixture.weights(
            to: folder["untied.safetensors"], extra: [(head.0, embedding.map { $0 ^ 1 })]
        ) { ($0, $1) }
        #expect(refusal(try BloomFixture.copy(to: folder["untied"], weights: untied)) == "model.untied")
    }

    /// A key, a value that Serre cannot represent, and the refusal.
    static let configurations: [(key: String, json: String, code: String)] = [
        ("model_type", "\"opt\"", "model.configuration"), ("tie_word_embeddings", "false", "model.configuration"),
        ("apply_residual_connection_post_layernorm", "true", "model.configuration"),
        ("n_head", "5", "model.configuration"), ("n_layer", "0", "model.configuration"),
        ("n_layer", "\"two\"", "model.configuration"), ("hidden_size", "4611686018427387904", "model.configuration"),
        ("layer_norm_epsilon", "0", "model.configuration"), ("hidden_size", "48", "safetensors.mismatch"),
        ("vocab_size", "32", "safetensors.mismatch"), ("n_layer", "3", "safetensors.no-tensor"),
        ("n_layer", "1", "model.tensor"),
    ]

    @Test("a configuration that Serre cannot represent is refused", arguments: configurations)
    func badConfiguration(key: String, json: String, code: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        let place = try BloomFixture.copy(to: folder["bad"], config: { $0[key] = value })
        let found = try #require(diagnostic { () throws(Diagnostic) in _ = try ModelImport(place) })
        #expect(found.code == code)
        #expect(code != "model.configuration" || found.location?.key == key)
        #expect(found.location?.file?.hasPrefix(place) == true)
    }

    @Test("weights that Serre cannot read are refused")
    func badWeights() throws {
        func code(_ name: String, _ change: (TensorDescription, [UInt8]) -> (TensorDescription, [UInt8])?) throws
            -> String?
        {
            let weights = try BloomFixture.weights(to: folder[name + ".safetensors"], change)
            return refusal(try BloomFixture.copy(to: folder[name], weights: weights))
        }
        #expect(try code("missing") { $0.name.hasSuffix("ln_f.bias") ? nil : ($0, $1) } == "safetensors.no-tensor")
        #expect(
            try code("type") {
                $0.name.hasSuffix("ln_f.bias") ? (.init($0.name, .int32, shape: $0.shape), $1) : ($0, $1)
            } == "model.type")
        #expect(refusal(folder["nowhere"]) == "model.configuration")
        let sharded = try BloomFixture.copy(to: folder["sharded"])
        try FileManager.default.moveItem(
            atPath: sharded + "/model.safetensors", toPath: sharded + "/model.safetensors.index.json")
        #expect(refusal(sharded) == "weights.index")
    }

    @Test("a weight that is not a number is refused, and no run is left")
    func notFinite() throws {
        let weights = try BloomFixture.weights(to: folder["nan.safetensors"]) { tensor, bytes in
            (tensor, tensor.name.hasSuffix("ln_f.bias") ? bytes.dropLast(4) + [0, 0, 0xC0, 0x7F] : bytes)
        }
        let model = try ModelImport(BloomFixture.copy(to: folder["nan"], weights: weights))
        let recipe = try model.recipe()
        let kernels = try BloomFixture.kernels()
        let found = diagnostic { () throws(Diagnostic) in
            _ = try model.write(recipe, kernels: kernels, to: folder["imported"])
        }
        #expect(found?.code == "model.non-finite" && found?.location?.key == "transformer.ln_f.bias")
        #expect(names(in: folder.path) == ["nan", "nan.safetensors"])
    }
}
