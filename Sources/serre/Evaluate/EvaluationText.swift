import Evaluation
import Foundation
import Tables

/// Results as `serre evaluate` prints them.
struct EvaluationText {
    private let result: EvaluationResult
    private let by: EvaluateCommand.Run.Grouping

    init(_ result: EvaluationResult, by: EvaluateCommand.Run.Grouping) {
        (self.result, self.by) = (result, by)
    }

    var lines: [String] {
        let model = result.model
        var lines = ["\(model.name), step \(model.step), \(grouped(model.parameters)) parameters", model.stateDigest]
        for suite in result.suites {
            lines += ["", "\(suite.name)  \(suite.digest)"]
            var table = TextTable(
                header: ["task", by == .source ? "source" : "language", "metric", "value", "95 % interval", "items"],
                numeric: [3, 5])
            for task in suite.tasks {
                for figure in task.metrics where isShown(figure, of: task) {
                    let group = (by == .source ? figure.source : figure.language) ?? "all"
                    table.rows.append([
                        task.name, group, figure.metric, Self.text(figure.value),
                        figure.low.map { "\(Self.text($0)) to \(Self.text(figure.high ?? $0))" } ?? "-",
                        "\(figure.items)",
                    ])
                }
            }
            lines += table.lines
        }
        return lines
    }

    /// All figures over all items, and of the groups the one that stands for the task.
    private func isShown(_ figure: TaskResult.Figure, of task: TaskResult) -> Bool {
        if figure.source == nil, figure.items == task.items.count { return true }
        guard figure.metric == task.metrics.first?.metric else { return false }
        return by == .language && figure.language != nil || by == .source && figure.source != nil
    }

    /// Four digits after the point, fewer for large numbers.
    static func text(_ value: Double) -> String {
        switch abs(value) {
        case 1e6...: String(format: "%.2e", value)
        case 100...: String(format: "%.1f", value)
        case 10...: String(format: "%.3f", value)
        default: String(format: "%.4f", value)
        }
    }

    /// The keys of `evaluate --json`: the figures without the items.
    struct Report: Encodable {
        var model: EvaluationResult.Model
        var suites: [Suite]

        struct Suite: Encodable {
            var name, digest: String
            var tasks: [Task]
        }

        struct Task: Encodable {
            var name, kind: String
            var items, truncated: Int
            var metrics: [TaskResult.Figure]
        }

        init(_ result: EvaluationResult) {
            model = result.model
            suites = result.suites.map { suite in
                Suite(
                    name: suite.name, digest: suite.digest,
                    tasks: suite.tasks.map {
                        Task(
                            name: $0.name, kind: $0.kind, items: $0.items.count, truncated: $0.truncated,
                            metrics: $0.metrics
                        )
                    })
            }
        }
    }
}
