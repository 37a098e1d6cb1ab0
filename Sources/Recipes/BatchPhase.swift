/// A stretch of training with one batch size.
public struct BatchPhase: Sendable, Equatable {
    /// Samples per step.
    public var batch: Int
    public var steps: Int

    /// The phases of a whole run, the batch's ramp-up included.
    ///
    /// A step takes the batch of the part of the ramp in which it starts. Training ends with the step that reaches
    /// `trainSamples`.
    public static func phases(_ batch: Recipe.Batch, trainSamples: Int) -> [BatchPhase] {
        var phases: [BatchPhase] = []
        var consumed = 0
        while consumed < trainSamples {
            let size = batch.size(afterSamples: consumed)
            let end = min(batch.end(ofSizeAfterSamples: consumed) ?? trainSamples, trainSamples)
            let steps = (end - consumed + size - 1) / size
            phases.append(BatchPhase(batch: size, steps: steps))
            consumed += steps * size
        }
        return phases
    }
}

extension Recipe.Batch {
    /// The ramp, unless it starts at the global batch and so has nothing to grow by.
    public var growth: RampUp? { rampUp.flatMap { $0.start < global ? $0 : nil } }

    /// Samples of the step that starts when so many samples have been consumed.
    ///
    /// The ramp's samples are divided into as many equal parts as there are increments, in integers.
    public func size(afterSamples samples: Int) -> Int {
        guard let ramp = growth, samples < ramp.samples else { return global }
        return ramp.start + part(of: ramp, samples) * ramp.increment
    }

    /// All sizes that steps may have, ascending.
    public var sizes: [Int] {
        guard let ramp = growth else { return [global] }
        return Array(stride(from: ramp.start, to: global, by: ramp.increment)) + [global]
    }

    /// The samples consumed at which the size grows next; `nil` when it does not.
    func end(ofSizeAfterSamples samples: Int) -> Int? {
        guard let ramp = growth, samples < ramp.samples else { return nil }
        let increments = (global - ramp.start) / ramp.increment
        // The least number of samples that lies in the next part.
        return ((part(of: ramp, samples) + 1) * ramp.samples + increments - 1) / increments
    }

    private func part(of ramp: RampUp, _ samples: Int) -> Int {
        // A product of samples and increments may not fit; the quotient does.
        let increments = (global - ramp.start) / ramp.increment
        let (high, low) = samples.multipliedFullWidth(by: increments)
        return ramp.samples.dividingFullWidth((high, low)).quotient
    }
}

extension Recipe {
    /// Optimiser steps of the whole run: until all samples are consumed, the last batch whole.
    public var plannedSteps: Int {
        BatchPhase.phases(batch, trainSamples: optimizer.endSamples).reduce(0) { $0 + $1.steps }
    }

    /// Samples of the whole run.
    public var plannedSamples: Int {
        BatchPhase.phases(batch, trainSamples: optimizer.endSamples).reduce(0) { $0 + $1.steps * $1.batch }
    }

    /// This recipe with one batch size throughout: what a step of that size computes.
    public func withBatch(_ samples: Int) -> Recipe {
        var recipe = self
        recipe.batch = Batch(global: samples)
        return recipe
    }
}
