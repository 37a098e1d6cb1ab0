extension Architecture.Names {
    /// Llama's (Touvron et al. 2023), queries, keys and values in one matrix, gate and up in one.
    ///
    /// The MLP's input holds gate j in row 2j and up j in row 2j + 1, so that any share of its rows has whole pairs.
    static let llama = Self(
        embedding: "embed_tokens", block: "layers", attentionNorm: "input_layernorm",
        attentionInput: "self_attn.qkv_proj", attentionOutput: "self_attn.o_proj",
        mlpNorm: "post_attention_layernorm", mlpInput: "mlp.gate_up_proj", mlpOutput: "mlp.down_proj",
        finalNorm: "norm", head: "lm_head")
}
