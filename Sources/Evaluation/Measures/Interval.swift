import Randomness

/// The range in which a figure lies with 95 % confidence, as far as the choice of items goes.
public struct Interval: Sendable, Equatable {
    public var low: Double
    public var high: Double

    /// Wilson's interval of a share: it stays between 0 and 1 and has a width even when all items are right.
    static func wilson(right: Double, items: Int) -> Interval? {
        guard items > 0 else { return nil }
        let (n, z) = (Double(items), 1.959_963_984_540_054)
        let share = right / n
        let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        // Rounding must not take the ends away.
        return Interval(
            low: right == 0 ? 0 : max(0, centre - half), high: right == n ? 1 : min(1, centre + half))
    }

    /// The 2.5 % and 97.5 % quantiles of drawn values; `nil` for fewer than two items' worth of draws.
    static func percentile(_ draws: [Double]) -> Interval? {
        guard draws.count > 1 else { return nil }
        let sorted = draws.sorted()
        func quantile(_ share: Double) -> Double {
            sorted[min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.down))))]
        }
        return Interval(low: quantile(0.025), high: quantile(0.975))
    }
}

/// Draws items with replacement, the same ones for the same seed on every machine.
struct Bootstrap {
    static let draws = 1000
    /// "BOOT" in ASCII.
    private static let purpose: UInt32 = 0x424F_4F54

    var seed: UInt64

    /// How often each of `items` items is in each draw; `body` is called for every draw.
    func forEachDraw(of items: Int, _ body: (_ times: [Double]) -> Void) {
        for draw in 0..<Self.draws {
            var random = RandomDraws(seed: seed, purpose: Self.purpose, stream: UInt64(draw))
            var times = [Double](repeating: 0, count: items)
            // The draws lie above 0 and at most at 1.
            for _ in 0..<items { times[min(items - 1, Int((1 - random.uniform()) * Double(items)))] += 1 }
            body(times)
        }
    }
}

/// Items' measures as columns, of which any weighting has the metric's value.
struct MetricColumns {
    private let metric: Metric
    private let columns: [[Double]]
    let items: Int

    init(_ metric: Metric, _ items: [[String: Double]]) {
        self.metric = metric
        self.items = items.count
        columns = metric.inputs.map { input in items.map { $0[input] ?? 0 } }
    }

    /// The metric over all items.
    var value: Double? { metric.value(columns.map { $0.reduce(0, +) }, items) }

    /// The metric over items that count so many times each.
    func value(_ times: [Double]) -> Double? {
        metric.value(columns.map { column in zip(column, times).reduce(0) { $0 + $1.0 * $1.1 } }, items)
    }

    /// The 95 % interval.
    func interval(seed: UInt64) -> Interval? {
        if metric.isShare { return .wilson(right: columns[0].reduce(0, +), items: items) }
        guard items > 1 else { return nil }
        var draws: [Double] = []
        Bootstrap(seed: seed).forEachDraw(of: items) { times in
            if let value = value(times) { draws.append(value) }
        }
        // Where some draws have no finite value, neither has the interval.
        return draws.allSatisfy(\.isFinite) ? .percentile(draws) : nil
    }
}
