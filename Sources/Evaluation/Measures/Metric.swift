import Numerics

/// A figure made of sums over items, so that any selection of items has one: all, those of a language, a draw of the bootstrap.
public struct Metric: Sendable {
    public enum Direction: String, Sendable { case higher, lower, neither }

    /// Its name in results, as lm-evaluation-harness has it where it has it.
    public var name: String
    /// Which of two values is better.
    public var better: Direction
    /// Each item is right or wrong; such a metric has Wilson's interval, and comparisons are McNemar's.
    public var isShare: Bool
    /// The measures of items that it adds up; an item without one adds 0.
    var inputs: [String]
    /// The figure of those sums over so many items; `nil` when there is none.
    var value: @Sendable (_ sums: [Double], _ items: Int) -> Double?

    /// The mean of a measure that is 0 or 1.
    static func share(_ name: String, of input: String? = nil, better: Direction = .higher) -> Metric {
        Metric(name: name, better: better, isShare: true, inputs: [input ?? name]) { $1 > 0 ? $0[0] / Double($1) : nil }
    }

    /// The mean of a measure.
    static func mean(_ name: String, of input: String? = nil, better: Direction) -> Metric {
        Metric(name: name, better: better, isShare: false, inputs: [input ?? name]) {
            $1 > 0 ? $0[0] / Double($1) : nil
        }
    }

    /// e to the nats per unit: a perplexity.
    static func perplexity(_ name: String, per unit: String) -> Metric {
        Metric(name: name, better: .lower, isShare: false, inputs: ["nats", unit]) { sums, _ in
            sums[1] > 0 ? DefinedFunctions.exponential(sums[0] / sums[1]) : nil
        }
    }
}

extension SuiteTask.Kind {
    /// What is told of a task, the first being the one that stands for it.
    public var metrics: [Metric] {
        switch self {
        case .text:
            [
                Metric(name: "bits_per_byte", better: .lower, isShare: false, inputs: ["nats", "bytes"]) { sums, _ in
                    sums[1] > 0 ? sums[0] / DefinedFunctions.logarithm(2) / sums[1] : nil
                },
                .perplexity("byte_perplexity", per: "bytes"), .perplexity("word_perplexity", per: "words"),
                .perplexity("token_perplexity", per: "tokens"),
            ]
        case .multipleChoice:
            [.share("acc"), .share("acc_norm"), .share("acc_bytes"), .mean("brier_score", better: .lower)]
                + [.calibrationError]
        case .lastWord:
            [
                .share("acc"),
                Metric(name: "perplexity", better: .lower, isShare: false, inputs: ["nats"]) { sums, items in
                    items > 0 ? DefinedFunctions.exponential(sums[0] / Double(items)) : nil
                },
            ]
        case .pairedSentences:
            [.share("pct_stereotype", better: .neither), .mean("likelihood_diff", better: .neither)]
        case .generation: [.share("exact_match"), .characterF]
        case .memorisation:
            [.share("verbatim", better: .lower), .mean("matched_share", better: .lower)]
        }
    }
}
