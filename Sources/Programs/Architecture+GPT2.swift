import Recipes

extension Architecture {
    /// GPT-2 (Radford et al. 2019): layer norms, learned positions, GELU, biases everywhere; tied head.
    static func gpt2(_ model: Recipe.Model) -> Architecture {
        Architecture(
            names: Names(
                embedding: "wte", positions: "wpe", block: "h", attentionNorm: "ln_1", attentionInput: "attn.c_attn",
                attentionOutput: "attn.c_proj", mlpNorm: "ln_2", mlpInput: "mlp.c_fc", mlpOutput: "mlp.c_proj",
                finalNorm: "ln_f"),
            norm: .layer, positions: .learned, activation: .gelu, hasBiases: true, tiesHead: true,
            scalesProjections: true, embeddingStart: .normal(standardDeviation: model.initialStandardDeviation))
    }
}
