import Recipes

extension Architecture {
    /// BLOOM (Le Scao et al. 2022): layer norms, one behind the embedding too; ALiBi; GELU; biases everywhere; tied head.
    static func bloom(_ model: Recipe.Model) -> Architecture {
        // With a norm behind it, BLOOM's embedding starts uniform (Xavier), not normal.
        let bound = (6 / Double(model.paddedVocabulary + model.hidden)).squareRoot()
        return Architecture(
            names: Names(
                embedding: "word_embeddings", embeddingNorm: "word_embeddings_layernorm", block: "h",
                attentionNorm: "input_layernorm", attentionInput: "self_attention.query_key_value",
                attentionOutput: "self_attention.dense", mlpNorm: "post_attention_layernorm",
                mlpInput: "mlp.dense_h_to_4h", mlpOutput: "mlp.dense_4h_to_h", finalNorm: "ln_f"),
            norm: .layer, positions: .alibi, activation: .gelu, hasBiases: true, normsEmbedding: true, tiesHead: true,
            scalesProjections: true, embeddingStart: .uniform(bound: bound))
    }
}
