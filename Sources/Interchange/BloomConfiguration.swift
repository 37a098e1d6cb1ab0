/// The figures of a BLOOM model that Hugging Face's `config.json` states.
public struct BloomConfiguration: Sendable, Equatable {
    public var layers: Int
    public var heads: Int
    public var hidden: Int
    /// Rows of the embedding, padding included.
    public var vocabulary: Int
    public var layerNormEpsilon: Double
    /// Standard deviation of the initial weights.
    public var initializerRange: Double
    /// Tokens per sample in training; ALiBi has no such limit, so a file may leave it out.
    public var sequenceLength: Int?
    /// The token that begins and ends documents.
    public var documentEnd: Int?

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

    /// The file's name in a model's folder.
    public static let fileName = "config.json"
    /// The name of the file with the weights.
    public static let weightsName = "model.safetensors"

    /// `config.json` for float32 weights: keys sorted, the same bytes for the same figures.
    public var json: String {
        let end = documentEnd.map { "\($0)" } ?? "null"
        let entries: [(key: String, value: String)] = [
            ("apply_residual_connection_post_layernorm", "false"),
            ("architectures", "[\"BloomForCausalLM\"]"),
            ("attention_dropout", "0.0"),
            ("bos_token_id", end),
            ("eos_token_id", end),
            ("hidden_dropout", "0.0"),
            ("hidden_size", "\(hidden)"),
            ("initializer_range", "\(initializerRange)"),
            ("layer_norm_epsilon", "\(layerNormEpsilon)"),
            ("model_type", "\"bloom\""),
            ("n_head", "\(heads)"),
            ("n_layer", "\(layers)"),
            ("pad_token_id", end),
            ("seq_length", sequenceLength.map { "\($0)" } ?? "null"),
            ("slow_but_exact", "false"),
            ("tie_word_embeddings", "true"),
            ("torch_dtype", "\"float32\""),
            ("use_cache", "true"),
            ("vocab_size", "\(vocabulary)"),
        ]
        return "{\n" + entries.map { "  \"\($0.key)\": \($0.value)" }.joined(separator: ",\n") + "\n}\n"
    }
}
