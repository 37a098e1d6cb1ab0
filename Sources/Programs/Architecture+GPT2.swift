extension Architecture.Names {
    /// GPT-2's (Radford et al. 2019).
    static let gpt2 = Self(
        embedding: "wte", positions: "wpe", block: "h", attentionNorm: "ln_1", attentionInput: "attn.c_attn",
        attentionOutput: "attn.c_proj", mlpNorm: "ln_2", mlpInput: "mlp.c_fc", mlpOutput: "mlp.c_proj",
        finalNorm: "ln_f")
}
