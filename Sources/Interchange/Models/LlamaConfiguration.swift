import Diagnostics

/// The figures of a `LlamaForCausalLM`.
public struct LlamaConfiguration: ModelConfiguration, Equatable {
    public static let modelType = "llama"
    public static let architecture = "LlamaForCausalLM"
    public static let tensorPrefix = "model."
    public static let constantSuffixes = [".rotary_emb.inv_freq"]

    public var layers: Int
    public var heads: Int
    /// Heads of keys and values; each serves heads / keyValueHeads heads of queries.
    public var keyValueHeads: Int
    public var hidden: Int
    /// Width of the MLP.
    public var ffn: Int
    public var vocabulary: Int
    public var normEpsilon: Double
    /// Standard deviation of the initial weights.
    public var initializerRange: Double
    /// The base of the rotary positions' wavelengths.
    public var rotaryBase: Double
    /// How positions beyond those of the first training turn; `nil` where all turn alike.
    public var rotaryScaling: RotaryScaling?
    public var hasTiedHead: Bool
    public var sequenceLength: Int?
    public var documentEnd: Int?

    public init(
        layers: Int, heads: Int, keyValueHeads: Int, hidden: Int, ffn: Int, vocabulary: Int, normEpsilon: Double = 1e-6,
        initializerRange: Double = 0.02, rotaryBase: Double = 10000, rotaryScaling: RotaryScaling? = nil,
        hasTiedHead: Bool = false, sequenceLength: Int? = nil, documentEnd: Int? = nil
    ) {
        self.layers = layers
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.hidden = hidden
        self.ffn = ffn
        self.vocabulary = vocabulary
        self.normEpsilon = normEpsilon
        self.initializerRange = initializerRange
        self.rotaryBase = rotaryBase
        self.rotaryScaling = rotaryScaling
        self.hasTiedHead = hasTiedHead
        self.sequenceLength = sequenceLength
        self.documentEnd = documentEnd
    }

    public init(_ object: ConfigurationObject) throws(Diagnostic) {
        try object.require("hidden_act", oneOf: ["silu", "swish"], "the MLP's activation is not supported")
        try object.require("attention_bias", false, default: false, "biases in attention are not supported")
        try object.require("mlp_bias", false, default: false, "biases in the MLP are not supported")
        let heads = try object.size("num_attention_heads", in: ModelSizes.heads)
        let rotary = try Self.rotary(object)
        self.init(
            layers: try object.size("num_hidden_layers", in: ModelSizes.layers), heads: heads,
            keyValueHeads: try object.size("num_key_value_heads", in: ModelSizes.heads, default: heads),
            hidden: try object.size("hidden_size", in: ModelSizes.hidden),
            ffn: try object.size("intermediate_size", in: ModelSizes.ffn),
            vocabulary: try object.size("vocab_size", in: ModelSizes.vocabulary),
            normEpsilon: try object.positive("rms_norm_eps", default: 1e-6),
            initializerRange: try object.number("initializer_range", default: 0.02),
            rotaryBase: rotary.base, rotaryScaling: rotary.scaling,
            hasTiedHead: try object.boolean("tie_word_embeddings", default: false),
            sequenceLength: object.wholeNumber("max_position_embeddings"),
            documentEnd: object.wholeNumber("eos_token_id"))
        try checkHeads(object)
    }

    private func checkHeads(_ object: ConfigurationObject) throws(Diagnostic) {
        try ModelSizes.checkHeads(heads, "num_attention_heads", divide: hidden, object)
        guard heads % keyValueHeads == 0 else {
            throw object.problem(
                "num_key_value_heads", "the heads of keys and values do not divide the heads",
                expected: "a divisor of \(heads)", found: "\(keyValueHeads)")
        }
        let size = try object.size("head_dim", in: ModelSizes.hidden, default: hidden / heads)
        guard size == hidden / heads else {
            throw object.problem(
                "head_dim", "heads of another size than the hidden size gives are not supported",
                expected: "\(hidden / heads)", found: "\(size)")
        }
        guard size % 2 == 0 else {
            throw object.problem(
                "head_dim", "rotary positions turn pairs", expected: "an even size of heads", found: "\(size)")
        }
    }

    public var entries: [(key: String, value: String)] {
        [
            ("attention_bias", "false"), ("attention_dropout", "0.0"), ("head_dim", "\(hidden / heads)"),
            ("hidden_act", "\"silu\""), ("hidden_size", "\(hidden)"), ("initializer_range", "\(initializerRange)"),
            ("intermediate_size", "\(ffn)"),
            ("max_position_embeddings", sequenceLength.map { "\($0)" } ?? "2048"), ("mlp_bias", "false"),
            ("num_attention_heads", "\(heads)"), ("num_hidden_layers", "\(layers)"),
            ("num_key_value_heads", "\(keyValueHeads)"), ("rms_norm_eps", "\(normEpsilon)"),
            ("rope_scaling", rotaryScaling?.json ?? "null"), ("rope_theta", "\(rotaryBase)"),
        ]
    }

    public var parameters: [ParameterMapping] {
        let size = hidden / heads
        // Each group is the query heads that share a key, the key and the value.
        let grouped = RowOrder(parts: [heads / keyValueHeads * size, size, size], groups: keyValueHeads)
        let paired = RowOrder(parts: [1, 1], groups: ffn)
        let layer = { (i: Int) -> [ParameterMapping] in
            let (attention, mlp) = ("layers.\(i).self_attn.", "layers.\(i).mlp.")
            return [
                .init(vector: "layers.\(i).input_layernorm.weight", count: hidden),
                .init(
                    attention + "qkv_proj.weight", rows: grouped.rows, columns: hidden, order: grouped,
                    in: ["q_proj", "k_proj", "v_proj"].map { attention + $0 + ".weight" }),
                .init(attention + "o_proj.weight", rows: hidden, columns: hidden, transposed: true),
                .init(vector: "layers.\(i).post_attention_layernorm.weight", count: hidden),
                .init(
                    mlp + "gate_up_proj.weight", rows: 2 * ffn, columns: hidden, order: paired,
                    in: ["gate_proj", "up_proj"].map { mlp + $0 + ".weight" }),
                .init(mlp + "down_proj.weight", rows: ffn, columns: hidden, transposed: true),
            ]
        }
        return [.init("embed_tokens.weight", rows: vocabulary, columns: hidden)] + (0..<layers).flatMap(layer)
            + [.init(vector: "norm.weight", count: hidden)]
            + (hasTiedHead
                ? [] : [.init(modelHeadName, rows: vocabulary, columns: hidden, prefixed: false)])
    }
}
