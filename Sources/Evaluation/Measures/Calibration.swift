import Numerics

/// How sure a model is of its choice, beside how often it is right.
///
/// The probability of a choice is its likelihood among those of all the item's choices. Items fall into ten bins of equal width
/// by that of the likeliest choice; the expected calibration error (Guo et al. 2017) is the mean distance between the bins'
/// accuracy and mean probability, weighted by their items.
enum Calibration {
    static let bins = 10

    /// The measures of one item: its probability and whether it is right, under its bin's names, and its Brier score.
    static func measures(nats: [Double], answer: Int, likeliest: Int) -> [String: Double] {
        let least = nats.min() ?? 0
        let weights = nats.map { DefinedFunctions.exponential(least - $0) }
        let sum = weights.reduce(0, +)
        let probabilities = weights.map { $0 / sum }
        let confidence = probabilities[likeliest]
        let bin = min(bins - 1, Int(confidence * Double(bins)))
        let brier = probabilities.enumerated().reduce(0) { total, choice in
            let distance = choice.element - (choice.offset == answer ? 1 : 0)
            return total + distance * distance
        }
        return [
            "confidence": confidence, confidenceKey(bin): confidence, rightKey(bin): likeliest == answer ? 1 : 0,
            "brier_score": brier,
        ]
    }

    static func confidenceKey(_ bin: Int) -> String { "bin_\(bin)_confidence" }
    static func rightKey(_ bin: Int) -> String { "bin_\(bin)_right" }
}

extension Metric {
    /// The expected calibration error over choices.
    static var calibrationError: Metric {
        let inputs = (0..<Calibration.bins).flatMap { [Calibration.confidenceKey($0), Calibration.rightKey($0)] }
        return Metric(name: "ece", better: .lower, isShare: false, inputs: inputs) { sums, items in
            guard items > 0 else { return nil }
            // A bin's items cancel: |right − confidence| of sums is the bin's distance times its items.
            return (0..<Calibration.bins).reduce(0) { $0 + abs(sums[2 * $1 + 1] - sums[2 * $1]) } / Double(items)
        }
    }
}
