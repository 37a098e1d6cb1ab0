import ClusterProfiles
import Corpora
import Diagnostics
import Fabrics
import Foundation
import Ledger
import Integrity
import Numerics
import Recipes
import Replay
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
    /// Events that the repository has not taken yet.
    private var queue: [RunEvent] = []
    private var hasWarned = false
    private var lastStep: Int?
    private var lastDigest: Digest?
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
        folder: RunFolder, corpus: any TokenSource, resumedStep: Int?, kernels: KernelContext,
        flip: PlantedFlip? = nil
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
        machine.runFolder = URL(fileURLWithPath: folder.path).standardizedFileURL.path
        machine.corpus = RunCorpus(corpus).folder
        let environment = try machine.recordFile()
        let planted =
            try flip.map { (flip) throws(Diagnostic) in
                [RecordFile(path: PlantedFlip.recordPath, text: try Console.json(flip) + "\n")]
            } ?? []
        if let resumedStep, let known = RunID(folder.name), try ledger.runIDs().contains(known) {
            run = known
            let now = try manifest(folder, corpus, resumedStep)
            var files = [
                environment,
                RecordFile(path: "resumes/\(padded(resumedStep)).json", text: try Console.json(now) + "\n"),
            ]
            if let profile { files.append(RecordFile(path: "profile.yaml", text: profile.yaml)) }
            files += planted
            _ = try ledger.append(RunEvent(.resume, step: resumedStep, files: files), to: known, at: Date())
        } else {
            let record = try ledger.begin(
                try manifest(folder, corpus, resumedStep), files: try startFiles(environment, corpus) + planted,
                snapshot: recipe.ledger.code == .all ? .all : .tracked, at: Date())
            run = record.run
        }
        if place == nil, let run { place = "Recorded as refs/serre/runs/\(run)" }
    }

    private func manifest(_ folder: RunFolder, _ corpus: any TokenSource, _ resumedStep: Int?) throws(Diagnostic)
        -> RecordManifest
    {
        let id = RunID(folder.name) ?? RunID(recipe: recipe.name, startedAt: Date())
        var manifest = RecordManifest(run: id, recipe: recipe.name, serre: try SerreIdentity.current())
        manifest.numerics = recipe.numerics.rawValue
        manifest.recipeDigest = SHA256.digest(of: Array(recipe.yaml.utf8)).description
        manifest.resultDigest = recipe.resultDigest.description
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

    private func startFiles(_ environment: RecordFile, _ corpus: any TokenSource) throws(Diagnostic) -> [RecordFile] {
        var files = [RecordFile(path: "recipe.yaml", text: recipe.yaml), environment]
        if let profile { files.append(RecordFile(path: "profile.yaml", text: profile.yaml)) }
        if let data = FileManager.default.contents(atPath: corpus.manifestPath) {
            files.append(RecordFile(path: "data/manifest.json", content: Array(data)))
        }
        return files
    }

    /// Records an event. A repository that does not take it now costs no training: the event is kept for the next try.
    func observe(_ event: TrainingEvent) throws(Diagnostic) {
        switch event {
        case .step(let record):
            (lastStep, lastDigest) = (record.step, record.digest ?? lastDigest)
            pending.append((record.step, try Console.json(StepLine(record, virtualSeconds: nil))))
            if pending.count % Self.segmentSteps == 0 {
                keep(RunEvent(.segment, step: record.step, digest: record.digest?.description))
            }
        case .evaluation(let step, let losses):
            let line = try Console.json(EvaluationLine(step: step, losses)) + "\n"
            let file = RecordFile(path: "evaluations/\(padded(step)).json", text: line)
            keep(RunEvent(.evaluation, step: step, files: [file]))
        case .checkpoint(let saved):
            if saved.step == lastStep { lastDigest = saved.digest }
            let files = try CheckpointNote(saved).recordFiles()
            keep(RunEvent(.checkpoint, step: saved.step, digest: saved.digest.description, files: files))
        case .incident(let decision):
            let text = IncidentText(decision)
            let file = RecordFile(path: "incidents/\(padded(decision.step)).json", text: try text.json() + "\n")
            keep(RunEvent(.incident, step: decision.step, message: text.sentence, files: [file]))
        }
    }

    /// Steps per segment commit.
    private static let segmentSteps = 100

    /// Queues an event and tries to write the queue; a failure is said once and tried again with the next event.
    private func keep(_ event: RunEvent) {
        queue.append(event)
        do throws(Diagnostic) {
            try write()
            hasWarned = false
        } catch {
            if !hasWarned { Console.warn("the record cannot be written now, training goes on: \(error)") }
            hasWarned = true
        }
    }

    /// Writes the queued events in order, the metrics that no commit holds with the first of them.
    private func write() throws(Diagnostic) {
        guard let ledger, let run else { return queue = [] }
        while var event = queue.first {
            if let first = pending.first?.step, let last = pending.last?.step {
                event.files.append(RecordFile.metrics(steps: first...last, lines: pending.map { $0.line }))
            }
            _ = try ledger.append(event, to: run, at: Date())
            pending = []
            queue.removeFirst()
        }
    }

    func end(_ end: TrainingEnd) throws(Diagnostic) {
        let complete = end.step >= recipe.plannedSteps
        queue.append(
            RunEvent(
                .end, step: end.step, digest: end.digest.description, outcome: complete ? .finished : .interrupted,
                message: end.stopped.map { "stopped by \($0.rawValue) after step \(end.step)" }))
        do throws(Diagnostic) {
            try write()
        } catch {
            throw Diagnostic(
                "ledger.incomplete", "the run is saved in full, but its record is not: \(error)",
                remedy: "the metrics and checkpoints in the run's folder are whole", kind: .failure)
        }
    }

    /// Records why the run failed, as far as the repository still takes it.
    func fail(_ problem: Diagnostic) throws(Diagnostic) {
        queue.append(
            RunEvent(
                .end, step: lastStep, digest: lastDigest?.description, outcome: .failed, message: problem.description))
        try write()
    }

    private func padded(_ step: Int) -> String {
        let digits = String(step)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}
