import Diagnostics
import Foundation
import Ledger
import Recipes
import Scenarios
import Training

/// The record of a rehearsed run: a real one, in a real repository, and what must be found in it afterwards.
///
/// What befalls the simulated disk befalls the record as well, which would lie on it: a commit may fail before it is written,
/// and a process may die when it is.
final class RehearsalRecord {
    private let ledger: Ledger
    private let recipe: Recipe
    private let scenario: Scenario
    private let storage: SimulatedStorage
    private(set) var run: RunID?
    /// Lines of steps that no commit holds yet; they go with the job that has them.
    private var pending: [(step: Int, line: String)] = []
    /// The events that the repository has taken, in order.
    private var taken: [(kind: EventKind, step: Int?)] = []

    init(_ recipe: Recipe, _ scenario: Scenario, in ledger: Ledger, on storage: SimulatedStorage) {
        self.recipe = recipe
        self.scenario = scenario
        self.ledger = ledger
        self.storage = storage
    }

    /// A job begins: the run's first commit, or the one with which it goes on.
    func begin(job: Int, at step: Int) throws(Diagnostic) {
        pending = []
        if let run {
            try append(RunEvent(.resume, step: step), to: run)
            return
        }
        let id = RunID(recipe: recipe.name, startedAt: Date())
        var manifest = RecordManifest(run: id, recipe: recipe.name, serre: .init(version: "rehearsed"))
        manifest.stepsPlanned = recipe.plannedSteps
        manifest.numerics = recipe.numerics.rawValue
        let files = [
            RecordFile(path: "recipe.yaml", text: recipe.yaml), RecordFile(path: "scenario.yaml", text: scenario.yaml),
        ]
        try storage.touch("write", Self.place)
        run = try ledger.begin(manifest, files: files, snapshot: .none, at: Date()).run
        taken.append((.start, 0))
        try storage.touch("flush", Self.place)
    }

    func observe(_ event: TrainingEvent) throws(Diagnostic) {
        guard let run else { return }
        switch event {
        case .step(let done):
            pending.append((done.step, "{\"step\":\(done.step),\"fingerprint\":\"\(done.fingerprint)\"}"))
        case .saving(let step):
            if !pending.isEmpty { try append(RunEvent(.segment, step: step), to: run) }
        case .checkpoint(let saved):
            try append(RunEvent(.checkpoint, step: saved.step, digest: saved.digest.description), to: run)
        case .corruption(let finding):
            try append(RunEvent(.incident, step: finding.step, message: finding.sentence), to: run)
        case .incident, .evaluation: break
        }
    }

    /// The run has come to its end.
    func end(_ end: TrainingEnd) throws(Diagnostic) {
        guard let run else { return }
        try append(RunEvent(.end, step: end.step, digest: end.digest.description), to: run)
    }

    /// Where the record would lie.
    private static let place = "/record"

    private func append(_ event: RunEvent, to run: RunID) throws(Diagnostic) {
        var event = event
        if let first = pending.first?.step, let last = pending.last?.step {
            event.files.append(RecordFile.metrics(steps: first...last, lines: pending.map(\.line)))
        }
        try storage.touch("write", Self.place)
        _ = try ledger.append(event, to: run, at: Date())
        pending = []
        taken.append((event.kind, event.step))
        try storage.touch("flush", Self.place)
    }

    /// What the record lacks of what it has taken, and of the steps of a run that has finished.
    func violations(steps: [String], ending: RehearsalReport.Ending?) throws(Diagnostic) -> [String] {
        guard let run else { return ["there is no record"] }
        let found = try ledger.read(run).events.map { ($0.kind, $0.step) }
        var violations: [String] = []
        if found.count != taken.count || !zip(found, taken).allSatisfy({ $0.0 == $1.kind && $0.1 == $1.step }) {
            violations.append("the record has \(found.count) events, \(taken.count) were taken")
        }
        guard case .finished = ending else { return violations }
        if found.last?.0 != .end { violations.append("the record does not say that the run has ended") }
        var last: [Int: String] = [:]
        for line in try ledger.metrics(run) {
            guard let (step, fingerprint) = Self.parsed(line) else { continue }
            last[step] = fingerprint
        }
        for (number, fingerprint) in steps.enumerated() where last[number + 1] != fingerprint {
            violations.append("the record has lost step \(number + 1)")
        }
        return violations
    }

    private static func parsed(_ line: String) -> (Int, String)? {
        let words = line.split(whereSeparator: { ":,{}\"".contains($0) })
        guard words.count >= 4, let step = Int(words[1]) else { return nil }
        return (step, String(words[3]))
    }
}
