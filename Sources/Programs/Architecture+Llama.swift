import Recipes

extension Architecture {
    /// Llama (Touvron et al. 2023): RMS norms, rotary positions, SwiGLU, grouped queries, no biases; mostly an untied head.
    ///
    /// The MLP's input holds gate j in row 2j and up j in row 2j + 1, so that any share of its rows has whole pairs.
    static func llama(_ model: Recipe.Model) -> Architecture {
        Architecture(
            names: Names(
                embedding: "embed_tokens", block: "layers", attentionNorm: "input_layernorm",
                attentionInput: "self_attn.qkv_proj", attentionOutput: "self_attn.o_proj",
                mlpNorm: "post_attention_layernorm", mlpInput: "mlp.gate_up_proj", mlpOutput: "mlp.down_proj",
                finalNorm: "norm", head: "lm_head"),
            norm: .rootMeanSquare, positions: .rotary, activation: .swiglu, hasBiases: false,
            tiesHead: model.tiedHead, scalesProjections: false,
            embeddingStart: .normal(standardDeviation: model.initialStandardDeviation))
    }
}
