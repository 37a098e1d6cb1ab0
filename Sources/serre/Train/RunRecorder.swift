import ClusterProfiles
import Corpora
import Diagnostics
import Fabrics
import Foundation
import Ledger
import Integrity
import Numerics
import Recipes
import Training

/// Writes a run's events to the ledger: the git repository that encloses the current folder, or one in the run's folder.
final class RunRecorder {
    private let recipe: Recipe
    private let profile: ClusterProfile?
    private let hosts: Int
    private var ledger: Ledger?
    private var run: RunID?
    /// Metrics lines that no commit holds yet.
    private var pending: [(step: Int, line: String)] = []
    /// Where the record is, said to the user.
    private(set) var place: String?

    /// Finds the repository and checks that it can be written, before anything is computed.
    init(recipe: Recipe, profile: ClusterProfile?, hosts: Int) throws(Diagnostic) {
        self.recipe = recipe
        self.profile = profile
        self.hosts = hosts
        ledger = try Ledger.open(enclosing: FileManager.default.currentDirectoryPath)
        try ledger?.checkWritable()
    }

    func begin(
        folder: RunFolder, corpus: Corpus, resumedStep: Int?, kernels: KernelContext
    ) throws(Diagnostic) {
        if ledger == nil {
            let made = folder.path + "/ledger.git"
            ledger =
                try FileManager.default.fileExists(atPath: made + "/HEAD")
                ? Ledger.open(enclosing: made) : Ledger.create(at: made)
            place = "No git repository here: recorded in \(made)"
        }
        guard let ledger else { return }
        var machine = RunEnvironment.current()
        machine.libraries["mpi"] = HostProcess.library
        machine.libraries["kernels"] = "\(kernels.instructionSet.rawValue), \(kernels.workers) workers"
        let environment = try machine.recordFile()
        if let resumedStep, let known = RunID(folder.name), try ledger.runIDs().contains(known) {
            run = known
            _ = try ledger.append(
                RunEvent(.resume, step: resumedStep, files: [environment]), to: known, at: Date())
        } else {
            let record = try ledger.begin(
                try manifest(folder, corpus, resumedStep), files: try startFiles(environment, corpus),
                snapshot: recipe.ledger.code == .all ? .all : .tracked, at: Date())
            run = record.run
        }
        if place == nil, let run { place = "Recorded as refs/serre/runs/\(run)" }
    }

    private func manifest(_ folder: RunFolder, _ corpus: Corpus, _ resumedStep: Int?) throws(Diagnostic)
        -> RecordManifest
    {
        let id = RunID(folder.name) ?? RunID(recipe: recipe.name, startedAt: Date())
        var manifest = RecordManifest(run: id, recipe: recipe.name, serre: try SerreIdentity.current())
        manifest.numerics = recipe.numerics.rawValue
        manifest.recipeDigest = SHA256.digest(of: Array(recipe.yaml.utf8)).description
        manifest.profileDigest = profile.map { SHA256.digest(of: Array($0.yaml.utf8)).description }
        manifest.dataDigest = corpus.digest.description
        manifest.stepsPlanned = recipe.plannedSteps
        let l = recipe.layout
        manifest.layout = [
            "tensor": l.tensor, "pipeline": l.pipeline, "data": l.data, "micro_batch": l.microBatch, "zero": l.zero,
        ]
        manifest.hosts = hosts
        if let resumedStep { manifest.resumedFrom = "\(folder.path) at step \(resumedStep)" }
        return manifest
    }

    private func startFiles(_ environment: RecordFile, _ corpus: Corpus) throws(Diagnostic) -> [RecordFile] {
        var files = [RecordFile(path: "recipe.yaml", text: recipe.yaml), environment]
        if let profile { files.append(RecordFile(path: "profile.yaml", text: profile.yaml)) }
        let manifest = corpus.folder + "/manifest.json"
        if let data = FileManager.default.contents(atPath: manifest) {
            files.append(RecordFile(path: "data/manifest.json", content: Array(data)))
        }
        return files
    }

    func observe(_ event: TrainingEvent) throws(Diagnostic) {
        switch event {
        case .step(let record):
            pending.append((record.step, try Console.json(StepLine(record, virtualSeconds: nil))))
            if pending.count >= Self.segmentSteps { try append(.segment, step: record.step, digest: record.digest) }
        case .evaluation(let step, let losses):
            let line = try Console.json(EvaluationLine(step: step, losses)) + "\n"
            try append(
                .evaluation, step: step, digest: nil,
                files: [RecordFile(path: "evaluations/\(padded(step)).json", text: line)])
        case .checkpoint(let step, let folder, let digest):
            let index = FileManager.default.contents(atPath: folder + "/index.json").map { Array($0) } ?? []
            try append(
                .checkpoint, step: step, digest: digest,
                files: [RecordFile(path: "checkpoints/\(padded(step)).json", content: index)])
        }
    }

    /// Steps per segment commit.
    private static let segmentSteps = 100

    private func append(
        _ kind: EventKind, step: Int, digest: Digest?, files: [RecordFile] = [], outcome: RunOutcome? = nil,
        message: String? = nil
    ) throws(Diagnostic) {
        guard let ledger, let run else { return }
        var files = files
        if let first = pending.first?.step, let last = pending.last?.step {
            files.append(RecordFile.metrics(steps: first...last, lines: pending.map { $0.line }))
        }
        _ = try ledger.append(
            RunEvent(kind, step: step, digest: digest?.description, outcome: outcome, message: message, files: files),
            to: run, at: Date())
        pending = []
    }

    func end(_ end: TrainingEnd) throws(Diagnostic) {
        let complete = end.step >= recipe.plannedSteps
        try append(
            .end, step: end.step, digest: end.digest, outcome: complete ? .finished : .interrupted,
            message: end.stopped.map { "stopped by \($0.rawValue) after step \(end.step)" })
    }

    /// Records why the run failed, as far as the repository still takes it.
    func fail(_ problem: Diagnostic) throws(Diagnostic) {
        try append(
            .end, step: pending.last?.step ?? 0, digest: nil, outcome: .failed, message: problem.description)
    }

    private func padded(_ step: Int) -> String {
        let digits = String(step)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}
