import ClusterProfiles
import Diagnostics
import Recipes

/// What is predicted for a measured row.
struct RowPrediction: Equatable {
    var seconds: Double
    /// The 80 % interval; `nil` if the profile states no uncertainty.
    var interval: ClosedRange<Double>?
    /// Of the rank that needs most, as far as the row's source counts it.
    var memoryBytes: Double
    /// Whether that rank fits its accelerator.
    var fits: Bool
    /// The layout that was played, where the row leaves something open the fastest.
    var layout: Layout
    /// Operations of the step, a second forward included where it is computed (Narayanan et al. 2021, equation 3).
    var operations: Double
    /// Of all accelerators together, for the row's precision.
    var peakOperationsPerSecond: Double
    /// What was assumed beyond the run's own assumptions.
    var assumptions: [String]
}

extension MeasuredRun {
    /// Plays the run; of several layouts the fastest that fits or, if none fits, the fastest.
    ///
    /// Throws what the recipe's rules or the estimate refuse, if they refuse every layout.
    func predict(on profile: ClusterProfile) throws(Diagnostic) -> RowPrediction {
        var best: RowPrediction?
        var refusal: Diagnostic?
        for layout in layouts {
            do throws(Diagnostic) {
                let prediction = try predict(layout, on: profile)
                let (fits, bestFits) = (prediction.fits, best?.fits ?? false)
                guard let known = best, fits == bestFits ? prediction.seconds >= known.seconds : bestFits else {
                    best = prediction
                    continue
                }
            } catch {
                refusal = refusal ?? error
            }
        }
        if let best { return best }
        throw refusal ?? Diagnostic("validate.layouts", "there is no layout to play", at: row.place)
    }

    private func predict(_ layout: Layout, on profile: ClusterProfile) throws(Diagnostic) -> RowPrediction {
        let share = batch / layout.data
        let (whole, rest) = share.quotientAndRemainder(dividingBy: layout.microBatch)
        let round = layout.data * layout.microBatch
        let estimate = try estimate(layout, samples: whole * round, on: profile)
        var prediction = RowPrediction(
            seconds: estimate.secondsPerStep, interval: estimate.intervalSecondsPerStep,
            memoryBytes: countedMemory(estimate), fits: estimate.fits, layout: layout,
            operations: ModelOperations.perStep(model, samples: batch, recomputing: layout.recompute == .full),
            peakOperationsPerSecond: estimate.peakOperationsPerSecond * Double(layout.ranks), assumptions: [])
        guard rest > 0 else { return prediction }
        // A last micro-batch that is smaller, as some engines allow, takes its share of a whole one's time.
        let longer = try self.estimate(layout, samples: (whole + 1) * round, on: profile)
        let extra = (longer.secondsPerStep - estimate.secondsPerStep) * Double(rest) / Double(layout.microBatch)
        let factor = 1 + extra / prediction.seconds
        prediction.seconds *= factor
        prediction.interval = prediction.interval.map { $0.lowerBound * factor...$0.upperBound * factor }
        prediction.assumptions.append("a last micro-batch of \(rest)")
        return prediction
    }

    private func estimate(
        _ layout: Layout, samples: Int, on profile: ClusterProfile
    ) throws(Diagnostic) -> Estimate {
        let recipe = recipe(layout, samples: samples)
        try recipe.validate()
        return try Estimate(recipe, on: profile)
    }

    /// The framework's own counters, which torchtitan and SimuMax print, know nothing of the driver's context.
    private func countedMemory(_ estimate: Estimate) -> Double {
        let source = row.source.lowercased()
        let isCounter = source.contains("torchtitan") || source.contains("simumax")
        let context = isCounter ? estimate.profile.accelerator.frameworkContextBytes : 0
        return estimate.memory.total - context
    }
}
