import Numerics
import Recipes

extension Recipe.Optimizer {
    /// The learning rate of the step that brings the samples consumed to `samples`.
    ///
    /// Linear from 0 over the warm-up, then a half cosine to the minimum at `decaySamples`, then constant
    /// (Megatron-LM's schedule); computed in float64 by the contract's own functions (A2).
    public func learningRate(atSamples samples: Int) -> Double {
        if samples < warmupSamples { return learningRatePeak * Double(samples) / Double(warmupSamples) }
        if samples >= decaySamples { return learningRateMinimum }
        let progress = Double(samples - warmupSamples) / Double(decaySamples - warmupSamples)
        let share = 0.5 * (1 + DefinedFunctions.cosine(Double.pi * progress))
        return learningRateMinimum + share * (learningRatePeak - learningRateMinimum)
    }
}
