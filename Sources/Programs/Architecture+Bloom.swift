extension Architecture.Names {
    /// BLOOM's (Le Scao et al. 2022).
    static let bloom = Self(
        embedding: "word_embeddings", embeddingNorm: "word_embeddings_layernorm", block: "h",
        attentionNorm: "input_layernorm", attentionInput: "self_attention.query_key_value",
        attentionOutput: "self_attention.dense", mlpNorm: "post_attention_layernorm", mlpInput: "mlp.dense_h_to_4h",
        mlpOutput: "mlp.dense_4h_to_h", finalNorm: "ln_f")
}
