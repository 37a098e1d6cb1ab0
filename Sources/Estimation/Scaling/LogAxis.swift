import Foundation

/// A logarithmic axis between two positive numbers.
struct LogAxis {
    var low: Double
    var high: Double
    /// Where `low` and `high` are drawn.
    var start: Double
    var end: Double

    func position(_ value: Double) -> Double {
        start + (end - start) * (log(value) - log(low)) / (log(high) - log(low))
    }

    /// An axis around `values` with a margin on both sides; a single value is in the middle.
    init(around values: [Double], start: Double, end: Double) {
        let (least, most) = (values.min() ?? 1, values.max() ?? 1)
        let margin = max(1.12, exp(0.09 * log(most / least)))
        low = least / margin
        high = most * margin
        self.start = start
        self.end = end
    }

    /// Round numbers on the axis: 1, 2 and 5 times powers of ten, at least two of them; single digits on a short axis.
    var ticks: [Double] {
        let coarse = multiples([1, 2, 5])
        return coarse.count >= 2 ? coarse : multiples([1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9])
    }

    private func multiples(_ leads: [Double]) -> [Double] {
        let powers = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
        return powers.flatMap { power in leads.map { $0 * pow(10, Double(power)) } }.filter {
            (low...high).contains($0)
        }
    }
}
