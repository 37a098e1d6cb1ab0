import Diagnostics

/// The figures of a `BloomForCausalLM`.
public struct BloomConfiguration: ModelConfiguration, Equatable {
    public static let modelType = "bloom"
    public static let architecture = "BloomForCausalLM"
    public static let tensorPrefix = "transformer."
    public static let constantSuffixes: [String] = []

    public var layers: Int
    public var heads: Int
    public var hidden: Int
    public var vocabulary: Int
    public var layerNormEpsilon: Double
    /// Standard deviation of the initial weights.
    public var initializerRange: Double
    /// Tokens per sample in training; ALiBi has no such limit, so a file may leave it out.
    public var sequenceLength: Int?
    public var documentEnd: Int?
    public var hasTiedHead: Bool { true }

    /// Width of the MLP, which the family fixes.
    public var ffn: Int { 4 * hidden }

    public init(
        layers: Int, heads: Int, hidden: Int, vocabulary: Int, layerNormEpsilon: Double = 1e-5,
        initializerRange: Double = 0.02, sequenceLength: Int? = nil, documentEnd: Int? = nil
    ) {
        self.layers = layers
        self.heads = heads
        self.hidden = hidden
        self.vocabulary = vocabulary
        self.layerNormEpsilon = layerNormEpsilon
        self.initializerRange = initializerRange
        self.sequenceLength = sequenceLength
        self.documentEnd = documentEnd
    }

    public init(_ object: ConfigurationObject) throws(Diagnostic) {
        try object.require("tie_word_embeddings", true, default: true, "the output layer must be the embedding")
        try object.require(
            "apply_residual_connection_post_layernorm", false, default: false,
            "residual connections from behind the norm are not supported")
        // The names are those of transformers and of the older files that it still reads; n_embed goes first there too.
        self.init(
            layers: try object.size("n_layer", "num_hidden_layers", in: ModelSizes.layers),
            heads: try object.size("n_head", "num_attention_heads", in: ModelSizes.heads),
            hidden: try object.size("n_embed", "hidden_size", in: ModelSizes.hidden),
            vocabulary: try object.size("vocab_size", in: ModelSizes.vocabulary),
            layerNormEpsilon: try object.positive("layer_norm_epsilon", default: 1e-5),
            initializerRange: try object.number("initializer_range", default: 0.02),
            sequenceLength: object.wholeNumber("seq_length"), documentEnd: object.wholeNumber("eos_token_id"))
        try ModelSizes.checkHeads(heads, "n_head", divide: hidden, object)
    }

    public var entries: [(key: String, value: String)] {
        [
            ("apply_residual_connection_post_layernorm", "false"), ("attention_dropout", "0.0"),
            ("hidden_dropout", "0.0"), ("hidden_size", "\(hidden)"), ("initializer_range", "\(initializerRange)"),
            ("layer_norm_epsilon", "\(layerNormEpsilon)"), ("n_head", "\(heads)"), ("n_layer", "\(layers)"),
            ("seq_length", sequenceLength.map { "\($0)" } ?? "null"), ("slow_but_exact", "false"),
        ]
    }

    public var parameters: [ParameterMapping] {
        func norm(_ name: String) -> [ParameterMapping] {
            [.init(vector: name + ".weight", count: hidden), .init(vector: name + ".bias", count: hidden)]
        }
        let layer = { (i: Int) -> [ParameterMapping] in
            norm("h.\(i).input_layernorm") + [
                .init("h.\(i).self_attention.query_key_value.weight", rows: 3 * hidden, columns: hidden),
                .init(vector: "h.\(i).self_attention.query_key_value.bias", count: 3 * hidden),
                .init("h.\(i).self_attention.dense.weight", rows: hidden, columns: hidden, transposed: true),
                .init(vector: "h.\(i).self_attention.dense.bias", count: hidden),
            ] + norm("h.\(i).post_attention_layernorm") + [
                .init("h.\(i).mlp.dense_h_to_4h.weight", rows: ffn, columns: hidden),
                .init(vector: "h.\(i).mlp.dense_h_to_4h.bias", count: ffn),
                .init("h.\(i).mlp.dense_4h_to_h.weight", rows: ffn, columns: hidden, transposed: true),
                .init(vector: "h.\(i).mlp.dense_4h_to_h.bias", count: hidden),
            ]
        }
        let embedding = ParameterMapping("word_embeddings.weight", rows: vocabulary, columns: hidden)
        return [embedding] + norm("word_embeddings_layernorm") + (0..<layers).flatMap(layer) + norm("ln_f")
    }
}
