import Diagnostics
import Foundation
import Ledger

/// What the page's script reads: a JSON document.
struct PageContent: Encodable {
    /// When the page was written, in seconds since 1970.
    var written: Double
    var runs: [Run]

    /// One run.
    struct Run: Encodable {
        var run, recipe, state: String
        var stepsPlanned: Int?
        var stepsDone: Int
        var stateDigest: String?
        var started, updated: Double
        var layout: String?
        var hosts: Int?
        var numerics: String?
        var serre: String
        var steps: StepColumns
        var validation: [PageRun.Measure]
        var events: [Event]
        var joules, carbonGrams: Double?
        var energyBasis: String?

        enum CodingKeys: String, CodingKey {
            case run, recipe, state, started, updated, layout, hosts, numerics, serre, steps, validation, events, joules
            case stepsPlanned = "steps_planned"
            case stepsDone = "steps_done"
            case stateDigest = "state_digest"
            case carbonGrams = "carbon_grams"
            case energyBasis = "energy_basis"
        }
    }

    /// One commit of the record.
    struct Event: Encodable {
        var kind: String
        var step: Int?
        var time: Double
        var message: String
    }

    init(_ runs: [PageRun], written: Date) {
        self.written = written.timeIntervalSince1970
        self.runs = runs.map(Run.init)
    }

    /// The document, safe inside a `script` element: no `<` that could end it.
    func json() throws(Diagnostic) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let text = String(decoding: try encoder.encode(self), as: UTF8.self)
            return text.replacing("<", with: "\\u003c")
        } catch {
            throw Diagnostic("page.encode", "the page's data cannot be written as JSON: \(error)", kind: .failure)
        }
    }
}

extension PageContent.Run {
    init(_ page: PageRun) {
        let (record, summary) = (page.record, page.record.summary)
        run = summary.run.text
        recipe = summary.recipe
        state = summary.state.rawValue
        stepsPlanned = summary.stepsPlanned
        stepsDone = summary.steps
        stateDigest = summary.digest
        started = summary.started.timeIntervalSince1970
        updated = summary.updated.timeIntervalSince1970
        layout = record.manifest.layout.map(Self.text)
        hosts = record.manifest.hosts
        numerics = record.manifest.numerics
        serre = record.manifest.serre.version
        steps = page.columns
        validation = page.validation
        events = record.events.map {
            PageContent.Event(
                kind: $0.kind.name, step: $0.step, time: $0.time.timeIntervalSince1970, message: $0.message)
        }
        joules = page.energy?.total?.joules
        carbonGrams = page.energy?.total?.carbonGrams
        energyBasis = page.energy.flatMap { $0.basis ?? $0.absent }
    }

    /// The degrees, and what else of the layout is not one.
    private static func text(_ layout: [String: Int]) -> String {
        layout.sorted { $0.key < $1.key }
            .filter { $0.value > 1 || ["tensor", "pipeline", "data"].contains($0.key) }
            .map { "\($0.key.replacing("_", with: " ")) \($0.value)" }.joined(separator: ", ")
    }
}
