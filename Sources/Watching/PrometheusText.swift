import Ledger
import Pages

/// The newest figures of some runs in Prometheus' text format (version 0.0.4): gauges, since a run may go back.
struct PrometheusText {
    let text: String

    init(_ runs: [PageRun]) {
        text = Self.families.map { $0.lines(runs) }.joined()
    }

    /// Metrics of one name.
    private struct Family {
        var name, help: String
        /// The labels beside `run`, and the value; a value that is not a number stands for one that was not finite.
        var samples: @Sendable (PageRun) -> [(labels: [(String, String)], value: Double)]

        func lines(_ runs: [PageRun]) -> String {
            var body = ""
            for run in runs {
                for sample in samples(run) {
                    let labels = [("run", run.record.summary.run.text)] + sample.labels
                    let text = labels.map { "\($0.0)=\"\(PrometheusText.escaped($0.1))\"" }.joined(separator: ",")
                    body += "\(name){\(text)} \(PrometheusText.number(sample.value))\n"
                }
            }
            return body.isEmpty ? "" : "# HELP \(name) \(help)\n# TYPE \(name) gauge\n" + body
        }
    }

    private static func one(
        _ name: String, _ help: String, _ value: @escaping @Sendable (PageRun) -> Double?
    ) -> Family {
        Family(name: "serre_run_" + name, help: help) { run in value(run).map { [([], $0)] } ?? [] }
    }

    /// The last value of a column; not a number where the last step has none but others do.
    private static func last(_ column: [Double?]) -> Double? {
        guard let last = column.last else { return nil }
        return last ?? (column.contains { $0 != nil } ? .nan : nil)
    }

    private static func count(_ kind: EventKind, _ run: PageRun) -> Double {
        Double(run.record.events.count { $0.kind == kind })
    }

    private static let families: [Family] = [
        Family(name: "serre_run_info", help: "What runs, with which version of Serre.") { run in
            [([("recipe", run.record.summary.recipe), ("serre", run.record.manifest.serre.version)], 1)]
        },
        Family(name: "serre_run_state", help: "1 for the state that the run is in.") { run in
            RunLiveness.State.allCases.map { ([("state", $0.rawValue)], $0 == run.liveness.state ? 1 : 0) }
        },
        one("start_time_seconds", "When the run started, in seconds since 1970.") {
            $0.record.summary.started.timeIntervalSince1970
        },
        one("last_heard_time_seconds", "When something was last heard of the run, in seconds since 1970.") {
            $0.liveness.lastNews.timeIntervalSince1970
        },
        one("step", "The last optimiser step done.") { Double($0.stepsDone) },
        one("steps_planned", "The optimiser steps that the recipe asks for.") {
            $0.record.summary.stepsPlanned.map(Double.init)
        },
        one("samples", "Samples consumed so far.") { $0.columns.samples.last.flatMap { $0 }.map(Double.init) },
        one("tokens", "Tokens consumed so far.") { $0.columns.tokens.last.flatMap { $0 }.map(Double.init) },
        one("loss", "Training loss of the last step, in nats per token.") { last($0.columns.loss) },
        one("gradient_norm", "Gradient norm of the last step, before clipping.") { last($0.columns.gradientNorm) },
        one("learning_rate", "Learning rate of the last step.") { last($0.columns.learningRate) },
        one("step_duration_seconds", "Wall-clock seconds of the last step.") { last($0.columns.seconds) },
        one("virtual_step_duration_seconds", "Seconds of the last step on the simulated cluster.") {
            last($0.columns.virtualSeconds)
        },
        one("tokens_per_second", "Throughput of the last step.") { last($0.columns.tokensPerSecond) },
        one("energy_joules", "Energy so far, as the record has it.") { $0.energy?.total?.joules },
        one("carbon_grams", "Grams of carbon dioxide equivalent so far, as the record has it.") {
            $0.energy?.total?.carbonGrams
        },
        one("checkpoint_step", "The step of the last checkpoint.") { run in
            run.record.events.last { $0.kind == .checkpoint }?.step.map(Double.init)
        },
        one("restarts", "How often the run was taken up again.") { count(.resume, $0) },
        one("incidents", "How often something went wrong that the record tells of.") { count(.incident, $0) },
        Family(name: "serre_run_validation", help: "The newest held-out measures by language.") { run in
            run.validation.compactMap { one in
                one.values.last.map { ([("measure", one.measure), ("language", one.language)], $0 ?? .nan) }
            }
        },
    ]

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
