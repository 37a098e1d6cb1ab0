import Diagnostics

/// Two models on the same items: how far they differ, and whether chance alone would make such a difference.
public struct PairedComparison: Sendable, Equatable {
    /// One figure of both models over the same items.
    public struct Row: Sendable, Equatable {
        public var suite: String
        public var task: String
        public var metric: String
        /// The language of the items; all when `nil`.
        public var language: String?
        public var first: Double
        public var second: Double
        /// The second less the first.
        public var difference: Double { second - first }
        /// The 95 % interval of the difference, from a paired bootstrap.
        public var interval: Interval?
        /// How likely a difference at least as large is between models that are as good: McNemar's exact test of accuracies,
        /// the paired bootstrap for the others.
        public var probability: Double
        public var test: Test
        public var items: Int
        public var better: Metric.Direction
    }

    public enum Test: String, Sendable { case mcnemar, bootstrap }

    public var rows: [Row] = []
    /// What could not be compared, and why.
    public var leftOut: [String] = []

    /// Compares the tasks that both results have.
    ///
    /// Throws `compare.suite` when a suite of the same name has other items in one of them, `compare.nothing` when no task is in
    /// both.
    public init(
        _ first: EvaluationResult, _ second: EvaluationResult, seed: UInt64 = 0, byLanguage: Bool = false
    ) throws(Diagnostic) {
        for suite in first.suites {
            guard let other = second.suites.first(where: { $0.name == suite.name }) else {
                leftOut.append("suite \(suite.name): only one of them was examined in it")
                continue
            }
            guard suite.digest == other.digest else {
                throw Diagnostic(
                    "compare.suite", "the suite \(suite.name) has changed between the two examinations",
                    expected: suite.digest, found: other.digest, remedy: "examine both models in the same suite")
            }
            for task in suite.tasks {
                guard let theirs = other.tasks.first(where: { $0.name == task.name }) else { continue }
                try add(suite.name, task, theirs, first.model, second.model, seed, byLanguage)
            }
        }
        guard !rows.isEmpty else {
            throw Diagnostic(
                "compare.nothing", "the two results have no task in common",
                expected: "at least one suite that both were examined in")
        }
    }

    private mutating func add(
        _ suite: String, _ first: TaskResult, _ second: TaskResult, _ a: EvaluationResult.Model,
        _ b: EvaluationResult.Model, _ seed: UInt64, _ byLanguage: Bool
    ) throws(Diagnostic) {
        guard let kind = SuiteTask.Kind(rawValue: first.kind) else { return }
        guard first.items.map(\.id) == second.items.map(\.id),
            first.items.map(\.language) == second.items.map(\.language)
        else {
            return leftOut.append(
                "task \(first.name) of \(suite): the items differ, as they come from the models' own corpora")
        }
        let languages = Set(first.items.map(\.language)).sorted()
        for metric in kind.metrics {
            if metric.name == "token_perplexity", a.tokenizerDigest != b.tokenizerDigest {
                leftOut.append("token_perplexity of \(first.name): the models have different tokens")
                continue
            }
            var groups: [String?] = [nil]
            if byLanguage, languages.count > 1 { groups += languages }
            for language in groups {
                let isIn = first.items.map { language == nil || $0.language == language }
                add(
                    metric, (suite, first.name, language), zip(first.items, isIn).filter(\.1).map(\.0.measures),
                    zip(second.items, isIn).filter(\.1).map(\.0.measures), seed)
            }
        }
    }

    private mutating func add(
        _ metric: Metric, _ place: (suite: String, task: String, language: String?), _ first: [[String: Double]],
        _ second: [[String: Double]], _ seed: UInt64
    ) {
        let (a, b) = (MetricColumns(metric, first), MetricColumns(metric, second))
        guard let one = a.value, let other = b.value else { return }
        var differences: [Double] = []
        Bootstrap(seed: seed).forEachDraw(of: first.count) { times in
            if let x = a.value(times), let y = b.value(times) { differences.append(y - x) }
        }
        guard one.isFinite, other.isFinite, differences.allSatisfy(\.isFinite) else {
            let group = place.language.map { " (\($0))" } ?? ""
            return leftOut.append("\(metric.name) of \(place.task)\(group): the figures are not finite")
        }
        let probability =
            metric.isShare
            ? McNemar.probability(zip(first, second).map { ($0[metric.inputs[0]] ?? 0, $1[metric.inputs[0]] ?? 0) })
            : Self.probability(differences)
        rows.append(
            Row(
                suite: place.suite, task: place.task, metric: metric.name, language: place.language, first: one,
                second: other, interval: first.count > 1 ? .percentile(differences) : nil, probability: probability,
                test: metric.isShare ? .mcnemar : .bootstrap, items: first.count, better: metric.better))
    }

    /// Twice the smaller share of draws on one side of zero; never 0, as there may always be one more draw.
    private static func probability(_ differences: [Double]) -> Double {
        let below = differences.count { $0 <= 0 }
        let above = differences.count { $0 >= 0 }
        return min(1, 2 * Double(min(below, above) + 1) / Double(differences.count + 1))
    }
}
