import Ledger

/// The numbers of a run's steps, one array per quantity: what the charts draw.
///
/// Steps ascend. Values that were not recorded or are not finite are `nil`.
package struct StepColumns: Sendable, Equatable {
    package private(set) var step: [Int] = []
    package private(set) var samples: [Int?] = []
    package private(set) var tokens: [Int?] = []
    package private(set) var loss: [Double?] = []
    package private(set) var gradientNorm: [Double?] = []
    package private(set) var learningRate: [Double?] = []
    package private(set) var seconds: [Double?] = []
    package private(set) var tokensPerSecond: [Double?] = []
    package private(set) var virtualSeconds: [Double?] = []
    /// When each step ended, as nearly as the record tells, in seconds since 1970.
    package private(set) var time: [Double] = []

    var count: Int { step.count }

    /// No steps yet.
    init() {}

    /// The columns of a run's steps, ascending; `times` are those of its record.
    init(_ steps: [StepMetrics], times: StepTimes) {
        var times = times
        append(steps[...], times: &times)
    }

    /// Appends steps that come after those at hand.
    mutating func append(_ steps: ArraySlice<StepMetrics>, times: inout StepTimes) {
        for one in steps {
            step.append(one.step)
            samples.append(one.samples)
            tokens.append(one.tokens)
            loss.append(Self.finite(one.loss))
            gradientNorm.append(Self.finite(one.gradientNorm))
            learningRate.append(Self.finite(one.learningRate))
            seconds.append(Self.finite(one.seconds))
            tokensPerSecond.append(Self.finite(one.tokensPerSecond))
            virtualSeconds.append(Self.finite(one.virtualSeconds))
            time.append(times.end(of: one.step, seconds: one.seconds))
        }
    }

    private static func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
}

extension StepColumns {
    /// The columns from the step with index `first` on as a JSON object, as the page's script reads it.
    ///
    /// `at` is that index. Whole numbers that go up evenly are written as `{"first", "by", "count"}`, columns without a value
    /// are left out, and other numbers have the precision of float32: more than a pixel or a figure of the page shows. The end of
    /// a step is counted from the run's start.
    func json(from first: Int, started: Double) -> String {
        var parts = ["\"at\":\(first)"]
        parts.append("\"step\":" + Self.whole(step[first...].map { $0 }))
        for (name, column) in [("samples", samples), ("tokens", tokens)] {
            if column[first...].contains(where: { $0 != nil }) {
                parts.append("\"\(name)\":" + Self.whole(Array(column[first...])))
            }
        }
        let numbers = [
            ("loss", loss), ("gradient_norm", gradientNorm), ("learning_rate", learningRate), ("seconds", seconds),
            ("tokens_per_second", tokensPerSecond), ("virtual_seconds", virtualSeconds),
        ]
        for (name, column) in numbers where column[first...].contains(where: { $0 != nil }) {
            parts.append("\"\(name)\":" + Self.rounded(column[first...]))
        }
        let elapsed = time[first...].map { "\((($0 - started) * 1000).rounded() / 1000)" }
        parts.append("\"elapsed\":[" + elapsed.joined(separator: ",") + "]")
        return "{" + parts.joined(separator: ",") + "}"
    }

    private static func whole(_ column: [Int?]) -> String {
        if column.count > 2, let first = column[0], let second = column[1] {
            let by = second - first
            let isEven = column.indices.allSatisfy { column[$0] == first + $0 * by }
            if isEven { return "{\"first\":\(first),\"by\":\(by),\"count\":\(column.count)}" }
        }
        return "[" + column.map { $0.map(String.init) ?? "null" }.joined(separator: ",") + "]"
    }

    private static func rounded(_ column: ArraySlice<Double?>) -> String {
        let texts = column.map { value in
            guard let value, case let short = Float(value), short.isFinite else { return "null" }
            return "\(short)"
        }
        return "[" + texts.joined(separator: ",") + "]"
    }
}
