import Diagnostics
import Foundation
import Ledger
import Tables

/// One record as `serre runs show` prints it.
struct RecordText {
    private let record: RunRecord
    private let environment: String?
    private let suites: [SuiteFigures]

    init(_ record: RunRecord, environment: String?, suites: [SuiteFigures]) {
        (self.record, self.environment, self.suites) = (record, environment, suites)
    }

    var lines: [String] {
        let m = record.manifest
        let s = record.summary
        var lines = [
            "run        \(s.run)", "state      \(s.state.rawValue)", "recipe     \(s.recipe)  \(m.recipeDigest ?? "-")",
            "steps      \(s.steps)" + ((s.stepsPlanned ?? m.stepsPlanned).map { " of \($0)" } ?? ""),
            "digest     \(s.digest ?? "-")",
            "numerics   \(m.numerics ?? "-")", "data       \(m.dataDigest ?? "-")",
            "code       tree \(record.codeTree ?? "-")"
                + (record.snapshot.dirty == true ? ", with uncommitted changes" : ""),
            "serre      \(m.serre.version)" + (m.serre.sourceCommit.map { ", source \($0)" } ?? "")
                + (m.serre.sourceDirty == true ? " (changed)" : ""),
        ]
        if let layout = m.layout {
            let text = layout.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            lines.append("layout     \(text); \(m.hosts ?? 1) process\(m.hosts ?? 1 == 1 ? "" : "es")")
        }
        if let scenario = m.scenario { lines.append("scenario   \(scenario), rehearsed on a simulated cluster") }
        lines.append("events")
        for event in record.events {
            lines.append(
                "  \(event.commit.prefix(10))  \(event.kind)  \(event.message.split(separator: "\n").first ?? "")")
        }
        return lines + suiteLines + ["files"] + record.files.map { "  \($0.path)  \($0.bytes) bytes" }
    }

    /// The figures over all items of each suite's newest examination.
    private var suiteLines: [String] {
        guard !suites.isEmpty else { return [] }
        var table = TextTable(
            header: ["  suite", "step", "task", "metric", "value", "95 % interval", "items"], numeric: [1, 4, 6])
        for (place, suite) in suites.enumerated() where place == 0 || suites[place - 1].suite != suite.suite {
            for task in suite.tasks {
                for figure in task.overall {
                    let text = EvaluationText.text
                    table.rows.append([
                        "  " + suite.suite, "\(suite.step)", task.name, figure.metric, text(figure.value),
                        figure.low.map { "\(text($0)) to \(text(figure.high ?? $0))" } ?? "-", "\(figure.items)",
                    ])
                }
            }
        }
        return ["suites"] + table.lines
    }

    /// What `runs show --json` says of suites: every figure of every examination.
    private var suiteObjects: [[String: Any]] {
        suites.map { suite in
            let figures = suite.tasks.flatMap { task in
                task.figures.map { figure -> [String: Any] in
                    [
                        "task": task.name, "metric": figure.metric, "language": figure.language ?? NSNull(),
                        "source": figure.source ?? NSNull(), "value": figure.value, "low": figure.low ?? NSNull(),
                        "high": figure.high ?? NSNull(), "items": figure.items,
                    ]
                }
            }
            return [
                "suite": suite.suite, "suite_digest": suite.suiteDigest, "step": suite.step,
                "state_digest": suite.stateDigest, "figures": figures,
            ]
        }
    }

    /// The keys of `runs show --json`.
    func json() throws(Diagnostic) -> String {
        let m = record.manifest
        let environmentObject = environment.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) }
        var object: [String: Any] = [
            "run": record.summary.run.text, "state": record.summary.state.rawValue,
            "recipe_digest": m.recipeDigest ?? NSNull(), "code_tree": record.codeTree ?? NSNull(),
            "data_digest": m.dataDigest ?? NSNull(), "steps": record.summary.steps,
            "state_digest": record.summary.digest ?? NSNull(), "environment": environmentObject ?? NSNull(),
            "hosts": m.hosts ?? 1, "records": record.events.map { $0.commit },
        ]
        if !suites.isEmpty { object["suites"] = suiteObjects }
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        else { throw Diagnostic("json.encode", "the record cannot be written as JSON", kind: .failure) }
        return String(decoding: data, as: UTF8.self)
    }
}
