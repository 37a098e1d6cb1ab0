import Recipes
import Testing

@testable import Programs

@Suite("Parameters") struct ParameterTests {
    /// (recipe, published number of parameters, layers).
    static let sizes = [
        ("bloom-560m", 559_214_592, 24), ("bloom-1b1", 1_065_314_304, 24), ("bloom-1b7", 1_722_408_960, 24),
        ("bloom-3b", 3_002_557_440, 30), ("bloom-7b1", 7_069_016_064, 30), ("bloom-176b", 176_247_271_424, 70),
    ]

    @Test("The tensors of every BLOOM size add up to the published count", arguments: sizes)
    func counts(name: String, published: Int, layers: Int) throws {
        let parameters = ModelParameters(try Recipe.load(name).model)
        #expect(parameters.all.reduce(0) { $0 + $1.count } == published)
        #expect(parameters.layers.count == layers)
        #expect(parameters.all.count == 1 + 2 + 12 * layers + 2)
    }

    @Test("Names are unique and in Hugging Face BLOOM's order")
    func names() {
        let names = ModelParameters(Nano.recipe().model).all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(
            Array(names[..<5]) == [
                "word_embeddings.weight", "word_embeddings_layernorm.weight", "word_embeddings_layernorm.bias",
                "h.0.input_layernorm.weight", "h.0.input_layernorm.bias",
            ])
        #expect(names[15] == "h.1.input_layernorm.weight")
        #expect(names.suffix(2) == ["ln_f.weight", "ln_f.bias"])
    }

    @Test("Norms and the biases after row-parallel products are replicated, all else is split by rows")
    func sharding() {
        let replicated = ModelParameters(Nano.recipe().model).layers[0].filter { $0.sharding == .replicated }.map(
            \.name)
        #expect(
            replicated == [
                "h.0.input_layernorm.weight", "h.0.input_layernorm.bias", "h.0.self_attention.dense.bias",
                "h.0.post_attention_layernorm.weight", "h.0.post_attention_layernorm.bias",
                "h.0.mlp.dense_4h_to_h.bias",
            ])
    }

    @Test("BLOOM's embedding starts uniform (Xavier) unless the recipe says normal")
    func embeddingStart() {
        var model = Nano.recipe().model
        let bound = (6 / Double(model.paddedVocabulary + model.hidden)).squareRoot()
        #expect(ModelParameters(model).embedding.initialization == .uniform(bound: bound))
        model.initialEmbedding = .normal
        #expect(ModelParameters(model).embedding.initialization == .normal(standardDeviation: 0.02))
    }

    @Test("Projections into the residual stream start smaller, by the root of twice the layers")
    func initialization() {
        let layer = ModelParameters(Nano.recipe().model).layers[0]
        func start(_ name: String) -> ParameterSpec.Initialization? { layer.first { $0.name == name }?.initialization }
        #expect(start("h.0.self_attention.query_key_value.weight") == .normal(standardDeviation: 0.02))
        #expect(start("h.0.mlp.dense_4h_to_h.weight") == .normal(standardDeviation: 0.02 / 8.0.squareRoot()))
        #expect(start("h.0.input_layernorm.weight") == .ones)
        #expect(start("h.0.mlp.dense_h_to_4h.bias") == .zeros)
    }
}
