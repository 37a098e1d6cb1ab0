/// A linear axis between two numbers, and the round numbers on it.
package struct LinearAxis {
    package let low, high: Double
    /// The pixels at which `low` and `high` are drawn.
    package let start, end: Double

    /// An axis from `low` to `high`, widened where they are equal.
    package init(_ low: Double, _ high: Double, start: Double, end: Double) {
        let margin = low < high ? 0 : max(low.magnitude * 0.1, 0.5)
        (self.low, self.high, self.start, self.end) = (low - margin, high + margin, start, end)
    }

    package func position(_ value: Double) -> Double { start + (value - low) / (high - low) * (end - start) }

    /// Round numbers, at most `most` of them, and the decimals that they need.
    package func ticks(most: Int = 8) -> (values: [Double], decimals: Int) {
        let span = high - low
        guard span > 0, span.isFinite else { return ([low], 0) }
        var (unit, decimals) = (1.0, 0)
        while span / unit < Double(most) / 2, decimals < 9 { (unit, decimals) = (unit / 10, decimals + 1) }
        while span / (5 * unit) > Double(most) { unit *= 10 }
        let step = [1.0, 2, 5, 10].first { span / (unit * $0) <= Double(most) } ?? 10
        let (first, last) = ((low / (unit * step)).rounded(.up), (high / (unit * step)).rounded(.down))
        guard first <= last, last.magnitude < 1e15 else { return ([low], 0) }
        // The product of whole numbers first: 3 × 0.1 would not be 0.3.
        let values = (Int(first)...Int(last)).map { Double($0) * step * unit }
        return (values, step >= 10 ? max(0, decimals - 1) : decimals)
    }
}
