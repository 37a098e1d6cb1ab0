import ClusterProfiles
import Recipes
import Simulation

/// A speed of arithmetic that is above what a profile calls its accelerator's peak: something that was measured or written
/// down is wrong, and what is fitted to it is not to be trusted.
public struct PeakExcess: Sendable, Equatable, Encodable {
    /// The constant that bears it.
    public var key: String
    /// What the constant was fitted as, in its own unit.
    public var fitted: Double
    /// In TFLOP/s: the profile's peak, and the fastest that was measured or fitted.
    public var peakTeraflops: Double
    public var fastestTeraflops: Double
    /// What it is due to, most likely.
    public var cause: String
    /// What was found, in words.
    var found: String

    enum CodingKeys: String, CodingKey {
        case key, fitted, cause
        case peakTeraflops = "peak_tflops"
        case fastestTeraflops = "fastest_tflops"
    }

    /// The warning for people.
    public var text: String { "\(key): \(found); \(cause)" }
}

extension Calibration {
    /// The measurements that are faster than the profile's peak allows, by precision.
    public var peakExcesses: [PeakExcess] {
        let fraction = "accelerator.matmul_fraction"
        guard let constant = constants.first(where: { $0.key == fraction }) else { return [] }
        let fitted = constant.after
        let isFitted = constant.outcome == .fitted || constant.outcome == .atItsLimit
        return Recipe.Precision.allCases.compactMap { precision in
            let speeds = rows.compactMap { row in row.measurement.speed.map { (row: row, speed: $0) } }
                .filter { $0.speed.precision == precision }
            guard let peak = try? profile.peakOperationsPerSecond(precision) else { return nil }
            let above = speeds.filter { $0.speed.operationsPerSecond > peak }
            guard
                let fastest = above.max(by: { $0.speed.operationsPerSecond < $1.speed.operationsPerSecond })
            else { return nil }
            let measurement = fastest.row.measurement
            let place = measurement.file + (measurement.line.map { ":\($0)" } ?? "")
            let (peakTeraflops, speed) = (peak / 1e12, fastest.speed.operationsPerSecond / 1e12)
            return PeakExcess(
                key: fraction, fitted: fitted, peakTeraflops: peakTeraflops, fastestTeraflops: speed,
                cause:
                    "the unit or the precision of these rows is wrong, or the peak is another accelerator's, or the clock "
                    + "stopped before the accelerator was done",
                found: "\(isFitted ? "fitted as" : "stands at") \(Lines.significant(fitted)), but \(above.count) of "
                    + "\(speeds.count) measurements in "
                    + "\(precision.rawValue) are faster than the profile's peak of \(Lines.significant(peakTeraflops)) "
                    + "TFLOP/s, up to \(Lines.significant(speed)) at \(place)")
        }
    }
}

extension KernelRates {
    /// The kinds of kernels whose speed of operations is fitted above a profile's peak in float32.
    public func peakExcesses(on profile: ClusterProfile) -> [PeakExcess] {
        let peak = profile.accelerator.peakTeraflopsPerSecond.float32.value
        return fits.compactMap { fit in
            guard let rate = fit.rate.gigaflopsPerSecond?.value, rate > 1e3 * peak else { return nil }
            return PeakExcess(
                key: "accelerator.rates.\(fit.kind.rawValue).gigaflops_per_second", fitted: rate, peakTeraflops: peak,
                fastestTeraflops: rate / 1e3,
                cause:
                    "it is what is left when start and bytes are taken off, and no call that was timed was as fast: much "
                    + "larger ones may be priced too low",
                found: "fitted as \(Lines.significant(rate)), above the profile's peak of "
                    + "\(Lines.significant(1e3 * peak)) GFLOP/s")
        }
    }
}

extension MeasuredTime {
    /// How fast an accelerator must have computed: the operations of a product, or a step's with those that recomputation
    /// does twice, over its time. `nil` for what is no matter of arithmetic.
    fileprivate var speed: (precision: Recipe.Precision, operationsPerSecond: Double)? {
        switch subject {
        case .product(let m, let n, let k, let precision):
            return (precision, 2 * Double(m) * Double(n) * Double(k) / seconds)
        case .step(let recipe):
            let operations = ModelOperations.perStep(
                recipe.model, samples: recipe.batch.global, recomputing: recipe.layout.recompute == .full)
            return (recipe.precision, operations / (seconds * Double(recipe.layout.ranks)))
        case .allReduce, .kernel, .message, .exchange: return nil
        }
    }
}
