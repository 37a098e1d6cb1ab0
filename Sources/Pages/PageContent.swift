import Diagnostics
import Foundation
import Ledger

/// What the page's script reads: a JSON document with all of some runs, or with what is new of them.
struct PageContent {
    private let runs: [PageRun]
    private let written: Date
    private let revision: String

    /// The content as of `written`; `revision` is what a later question for news gives back, empty on a page that asks for none.
    init(_ runs: [PageRun], written: Date, revision: String = "") {
        (self.runs, self.written, self.revision) = (runs, written, revision)
    }

    /// The document, safe inside a `script` element: no `<` that could end it. Of each run the steps from the index in `first`
    /// on; all of them where it has none.
    func json(from first: [Int] = []) throws(Diagnostic) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var parts: [String] = []
        for (number, page) in runs.enumerated() {
            do {
                let run = String(decoding: try encoder.encode(Run(page)), as: UTF8.self)
                let index = number < first.count ? min(first[number], page.columns.count) : 0
                let started = page.record.summary.started.timeIntervalSince1970
                // The object's end makes way for the steps, which the encoder would take long for.
                parts.append(run.dropLast() + ",\"steps\":" + page.columns.json(from: index, started: started) + "}")
            } catch {
                throw Diagnostic("page.encode", "the page's data cannot be written as JSON: \(error)", kind: .failure)
            }
        }
        let text =
            "{\"written\":\(written.timeIntervalSince1970),\"revision\":\"\(revision)\",\"runs\":["
            + parts.joined(separator: ",") + "]}"
        return text.utf8.contains(UInt8(ascii: "<")) ? text.replacing("<", with: "\\u003c") : text
    }

    /// One run without its steps.
    fileprivate struct Run: Encodable {
        var run, recipe, state: String
        var reason, problem: String?
        /// Seconds since 1970: the start, the newest commit, and when something was last heard.
        var started, updated, heard: Double
        var stepsPlanned: Int?
        var stepsDone: Int
        var stateDigest: String?
        var layout: String?
        var hosts: Int?
        var numerics: String?
        var serre: String
        var validation: [PageRun.Measure]
        var suites: [Suite]
        var ranks: RankTimes
        var events: [Event]
        var joules, carbonGrams: Double?
        /// The last step that the energy is about.
        var energyStep: Int?
        var energyBasis: String?
        var operationsPerToken, peakOperationsPerSecond: Double?

        enum CodingKeys: String, CodingKey {
            case run, recipe, state, reason, problem, started, updated, heard, layout, hosts, numerics, serre
            case validation, suites, ranks, events, joules
            case stepsPlanned = "steps_planned"
            case stepsDone = "steps_done"
            case stateDigest = "state_digest"
            case carbonGrams = "carbon_grams"
            case energyStep = "energy_step"
            case energyBasis = "energy_basis"
            case operationsPerToken = "operations_per_token"
            case peakOperationsPerSecond = "peak_operations_per_second"
        }
    }

    /// A model's figures in a suite, over all items of each task.
    fileprivate struct Suite: Encodable {
        var suite, digest, model: String
        var step: Int
        var figures: [Figure]

        struct Figure: Encodable {
            var task, metric: String
            var value: Double
            var low, high: Double?
            var items: Int
        }

        init(_ suite: SuiteFigures) {
            (self.suite, digest, model, step) = (suite.suite, suite.suiteDigest, suite.stateDigest, suite.step)
            figures = suite.tasks.flatMap { task in
                task.overall.map {
                    Figure(
                        task: task.name, metric: $0.metric, value: $0.value, low: $0.low, high: $0.high,
                        items: $0.items)
                }
            }
        }
    }

    /// One commit of the record.
    fileprivate struct Event: Encodable {
        var kind: String
        var step: Int?
        var time: Double
        var message: String
        /// What a resume changed.
        var changed: String?
    }
}

extension PageContent.Run {
    fileprivate init(_ page: PageRun) {
        let (record, summary) = (page.record, page.record.summary)
        run = summary.run.text
        recipe = summary.recipe
        state = page.liveness.state.rawValue
        (reason, problem) = (page.liveness.reason, page.problem)
        started = summary.started.timeIntervalSince1970
        updated = summary.updated.timeIntervalSince1970
        heard = page.liveness.lastNews.timeIntervalSince1970
        stepsPlanned = summary.stepsPlanned
        stepsDone = page.stepsDone
        stateDigest = page.stepsDone == summary.steps ? summary.digest : nil
        layout = record.manifest.layout.map(Self.text)
        hosts = record.manifest.hosts
        numerics = record.manifest.numerics
        serre = record.manifest.serre.version
        validation = page.validation
        suites = page.suites.map(PageContent.Suite.init)
        ranks = page.rankTimes
        events = record.events.map {
            PageContent.Event(
                kind: $0.kind.name, step: $0.step, time: $0.time.timeIntervalSince1970, message: $0.message,
                changed: page.changes[$0.commit])
        }
        joules = page.energy?.total?.joules
        carbonGrams = page.energy?.total?.carbonGrams
        energyStep = page.energy?.total?.lastStep
        energyBasis = page.energy.flatMap { $0.basis ?? $0.absent }
        operationsPerToken = page.yardstick?.operationsPerToken
        peakOperationsPerSecond = page.yardstick?.peakOperationsPerSecond
    }

    /// The degrees, and what else of the layout is not one.
    private static func text(_ layout: [String: Int]) -> String {
        layout.sorted { $0.key < $1.key }
            .filter { $0.value > 1 || ["tensor", "pipeline", "data"].contains($0.key) }
            .map { "\($0.key.replacing("_", with: " ")) \($0.value)" }.joined(separator: ", ")
    }
}

extension PageRun {
    /// How far training has come: by the record, or by the steps that its folder has beyond it.
    package var stepsDone: Int {
        let (recorded, last) = (record.summary.steps, columns.step.last ?? 0)
        return record.summary.state == .running ? max(last, columns.step.isEmpty ? recorded : 0) : recorded
    }
}
