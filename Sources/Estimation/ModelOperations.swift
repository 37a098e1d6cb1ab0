import Recipes

/// The floating-point operations that a model needs, as Narayanan et al. 2021 count them (equation 3, as Megatron-LM
/// implements it): what published TFLOP/s per accelerator mean.
///
/// Forward and backward of B sequences of s tokens through l layers of width h and the head of V padded logits take
/// 24·f·B·s·l·h²·(1 + s/(6h) + V/(16·l·h)), f = 3, or 4 if the forward is computed twice. An MLP whose width is not 4h
/// changes the 24h² to 8h² + 4h·ffn; a gated one (Llama's) has three products in place of two, so 6h·ffn; and with grouped
/// queries (a of heads, g of keys and values) 6 of the 8h² become 2h²·(a + 2g)/a.
public enum ModelOperations {
    /// The operations of one step of `samples` sequences.
    ///
    /// - Parameter recomputing: counts the second forward of full recomputation (hardware operations).
    public static func perStep(_ model: Recipe.Model, samples: Int, recomputing: Bool = false) -> Double {
        let (hidden, layers) = (Double(model.hidden), Double(model.layers))
        let sequence = Double(model.sequenceLength)
        let attentionMatrices = 2 * hidden * Double(model.attentionWidth) + 2 * hidden * hidden
        let matrices = attentionMatrices + 2 * Double(model.family.traits.gateFactor + 1) * hidden * Double(model.ffn)
        let attention = 4 * sequence * hidden
        let head = 1.5 * hidden * Double(model.paddedVocabulary) / layers
        let passes: Double = recomputing ? 4 : 3
        return passes * Double(samples) * sequence * layers * (matrices + attention + head)
    }
}
