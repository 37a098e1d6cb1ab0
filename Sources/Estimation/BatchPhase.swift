import Recipes

/// A stretch of training with one batch size.
public struct BatchPhase: Sendable, Equatable {
    /// Samples per step.
    public var batch: Int
    public var steps: Int

    /// The phases of a whole run, the batch's ramp-up included.
    ///
    /// The ramp's samples are divided into as many equal parts as there are increments; a step takes the batch of the
    /// part in which it starts. Training ends with the step that reaches `trainSamples`.
    public static func phases(_ batch: Recipe.Batch, trainSamples: Int) -> [BatchPhase] {
        var phases: [BatchPhase] = []
        var consumed = 0.0
        func extend(to samples: Double, _ size: Int) {
            let end = min(samples, Double(trainSamples))
            guard consumed < end else { return }
            let steps = ((end - consumed) / Double(size)).rounded(.up)
            phases.append(BatchPhase(batch: size, steps: Int(steps)))
            consumed += steps * Double(size)
        }
        if let ramp = batch.rampUp {
            let increments = (batch.global - ramp.start) / ramp.increment
            for part in 0..<increments {
                let end = Double(ramp.samples) * Double(part + 1) / Double(increments)
                extend(to: end, ramp.start + part * ramp.increment)
            }
        }
        extend(to: Double(trainSamples), batch.global)
        return phases
    }
}
