import Diagnostics

/// The figures of a `GPT2LMHeadModel`.
public struct GPT2Configuration: ModelConfiguration, Equatable {
    public static let modelType = "gpt2"
    public static let architecture = "GPT2LMHeadModel"
    public static let tensorPrefix = "transformer."
    /// The causal mask and what stands for minus infinity.
    public static let constantSuffixes = [".attn.bias", ".attn.masked_bias"]

    public var layers: Int
    public var heads: Int
    public var hidden: Int
    /// Width of the MLP.
    public var ffn: Int
    public var vocabulary: Int
    /// Rows of the table of positions: no sample can be longer.
    public var positions: Int
    public var layerNormEpsilon: Double
    /// Standard deviation of the initial weights.
    public var initializerRange: Double
    public var documentEnd: Int?
    public var sequenceLength: Int? { positions }
    public var hasTiedHead: Bool { true }

    public init(
        layers: Int, heads: Int, hidden: Int, ffn: Int? = nil, vocabulary: Int, positions: Int,
        layerNormEpsilon: Double = 1e-5, initializerRange: Double = 0.02, documentEnd: Int? = nil
    ) {
        self.layers = layers
        self.heads = heads
        self.hidden = hidden
        self.ffn = ffn ?? 4 * hidden
        self.vocabulary = vocabulary
        self.positions = positions
        self.layerNormEpsilon = layerNormEpsilon
        self.initializerRange = initializerRange
        self.documentEnd = documentEnd
    }

    public init(_ object: ConfigurationObject) throws(Diagnostic) {
        try object.require("tie_word_embeddings", true, default: true, "the output layer must be the embedding")
        try object.require(
            "activation_function", oneOf: ["gelu_new", "gelu_pytorch_tanh"], "the MLP's activation is not supported")
        try object.require("scale_attn_weights", true, default: true, "attention without scaling is not supported")
        for key in ["scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "add_cross_attention"] {
            try object.require(key, false, default: false, "this variant of attention is not supported")
        }
        let hidden = try object.size("n_embd", "hidden_size", in: ModelSizes.hidden)
        self.init(
            layers: try object.size("n_layer", "num_hidden_layers", in: ModelSizes.layers),
            heads: try object.size("n_head", "num_attention_heads", in: ModelSizes.heads), hidden: hidden,
            ffn: try object.size("n_inner", in: ModelSizes.ffn, default: 4 * hidden),
            vocabulary: try object.size("vocab_size", in: ModelSizes.vocabulary),
            positions: try object.size("n_positions", "max_position_embeddings", in: ModelSizes.positions),
            layerNormEpsilon: try object.positive("layer_norm_epsilon", default: 1e-5),
            initializerRange: try object.number("initializer_range", default: 0.02),
            documentEnd: object.wholeNumber("eos_token_id"))
        try ModelSizes.checkHeads(heads, "n_head", divide: hidden, object)
    }

    public var entries: [(key: String, value: String)] {
        [
            ("activation_function", "\"gelu_new\""), ("attn_pdrop", "0.0"), ("embd_pdrop", "0.0"),
            ("initializer_range", "\(initializerRange)"), ("layer_norm_epsilon", "\(layerNormEpsilon)"),
            ("n_ctx", "\(positions)"), ("n_embd", "\(hidden)"), ("n_head", "\(heads)"), ("n_inner", "\(ffn)"),
            ("n_layer", "\(layers)"), ("n_positions", "\(positions)"), ("reorder_and_upcast_attn", "false"),
            ("resid_pdrop", "0.0"), ("scale_attn_by_inverse_layer_idx", "false"), ("scale_attn_weights", "true"),
        ]
    }

    public var parameters: [ParameterMapping] {
        let size = hidden / heads
        let perHead = RowOrder(parts: [size, size, size], groups: heads)
        func norm(_ name: String) -> [ParameterMapping] {
            [.init(vector: name + ".weight", count: hidden), .init(vector: name + ".bias", count: hidden)]
        }
        let layer = { (i: Int) -> [ParameterMapping] in
            // What transformers calls Conv1D keeps [in, out].
            norm("h.\(i).ln_1") + [
                .init(
                    "h.\(i).attn.c_attn.weight", rows: 3 * hidden, columns: hidden, transposed: true, order: perHead),
                .init(vector: "h.\(i).attn.c_attn.bias", count: 3 * hidden, order: perHead),
                .init("h.\(i).attn.c_proj.weight", rows: hidden, columns: hidden),
                .init(vector: "h.\(i).attn.c_proj.bias", count: hidden),
            ] + norm("h.\(i).ln_2") + [
                .init("h.\(i).mlp.c_fc.weight", rows: ffn, columns: hidden, transposed: true),
                .init(vector: "h.\(i).mlp.c_fc.bias", count: ffn),
                .init("h.\(i).mlp.c_proj.weight", rows: ffn, columns: hidden),
                .init(vector: "h.\(i).mlp.c_proj.bias", count: hidden),
            ]
        }
        let embeddings: [ParameterMapping] = [
            .init("wte.weight", rows: vocabulary, columns: hidden),
            .init("wpe.weight", rows: positions, columns: hidden),
        ]
        return embeddings + (0..<layers).flatMap(layer) + norm("ln_f")
    }
}
