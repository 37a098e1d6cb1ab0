import Diagnostics
import Evaluation
import Foundation
import Ledger
import Training

/// Results in the record of the run that was examined: `suites/<step>/<suite>.json`.
struct EvaluationRecord {
    private let result: EvaluationResult

    init(_ result: EvaluationResult) { self.result = result }

    /// Adds an event per suite; says so where the run has no record.
    func add(to folder: RunFolder) throws(Diagnostic) {
        guard let run = RunID(folder.name), let ledger = try Self.ledger(of: run, folder) else {
            return Console.note("Not recorded: no record of \(folder.name) was found here.")
        }
        for suite in result.suites {
            let one = EvaluationResult(model: result.model, suites: [suite])
            let path = "\(RecordFormat.suites)\(RecordStart.padded(result.model.step))/\(suite.name).json"
            let event = RunEvent(
                .examination, step: result.model.step, digest: result.model.stateDigest,
                message: "suite \(suite.name) at step \(result.model.step): \(Self.summary(suite))",
                files: [RecordFile(path: path, text: try one.json(isIndented: false))])
            _ = try ledger.append(event, to: run, at: Date())
        }
        Console.note("Recorded in refs/serre/runs/\(run)")
    }

    /// The first figure of each task.
    private static func summary(_ suite: SuiteResult) -> String {
        suite.tasks.compactMap { task in
            task.metrics.first.map { "\(task.name) \($0.metric) \(EvaluationText.text($0.value))" }
        }.joined(separator: ", ")
    }

    private static func ledger(of run: RunID, _ folder: RunFolder) throws(Diagnostic) -> Ledger? {
        if let here = try Ledger.open(enclosing: FileManager.default.currentDirectoryPath),
            try here.runIDs().contains(run)
        {
            return here
        }
        let own = folder.path + "/ledger.git"
        guard FileManager.default.fileExists(atPath: own + "/HEAD"), let ledger = try Ledger.open(enclosing: own),
            try ledger.runIDs().contains(run)
        else { return nil }
        return ledger
    }

    /// The results in the record of a run's folder, which may be in a repository of its own.
    static func read(_ folder: RunFolder) throws(Diagnostic) -> EvaluationResult {
        guard let run = RunID(folder.name), let ledger = try ledger(of: run, folder) else {
            throw Diagnostic(
                "compare.not-found", "no record of this run was found here", at: .init(file: folder.path),
                expected: "a file of results, or a run that was examined")
        }
        return try read(run, ledger)
    }

    /// The results in a run's record.
    static func read(_ name: String) throws(Diagnostic) -> EvaluationResult {
        guard let ledger = try Ledger.open(enclosing: FileManager.default.currentDirectoryPath) else {
            throw Diagnostic(
                "compare.not-found", "there is no such file, and no git repository with records here",
                at: .init(file: name), expected: "a file of results, or a run that was examined")
        }
        return try read(ledger.find(name), ledger)
    }

    /// The results of the latest step at which the run was examined.
    private static func read(_ run: RunID, _ ledger: Ledger) throws(Diagnostic) -> EvaluationResult {
        var latest: [String: EvaluationResult] = [:]
        for file in try ledger.read(run).files where file.path.hasPrefix(RecordFormat.suites) {
            let bytes = try ledger.file(run, file.path) ?? []
            let result = try EvaluationResult(json: Data(bytes), file: "\(run):\(file.path)")
            for suite in result.suites where (latest[suite.name]?.model.step ?? -1) <= result.model.step {
                latest[suite.name] = result
            }
        }
        let step = latest.values.map(\.model.step).max()
        let newest = latest.sorted { $0.key < $1.key }.map(\.value).filter { $0.model.step == step }
        guard let first = newest.first else {
            throw Diagnostic(
                "compare.not-examined", "the run has no results of suites", found: "\(run)",
                remedy: "examine it with serre evaluate")
        }
        return EvaluationResult(model: first.model, suites: newest.flatMap(\.suites))
    }
}
