import ClusterProfiles
import Corpora
import Diagnostics
import Foundation
import Integrity
import Ledger
import Numerics
import Recipes
import Training

/// Writes a run's events to the ledger: the git repository that encloses the current folder, or one in the run's folder.
final class RunRecorder {
    let recipe: Recipe
    let profile: ClusterProfile?
    private var ledger: Ledger?
    private var run: RunID?
    private var meter: EnergyMeter?
    private var virtual: VirtualTime?
    /// Metrics lines that no commit holds yet, with the numbers of their steps.
    private var pending: [(step: Int, line: String)] = []
    /// Events that the repository has not taken yet.
    private var queue: [RunEvent] = []
    private var hasWarned = false
    private var lastStep: Int?
    private var lastDigest: Digest?
    /// When the last segment was written, or tried to be.
    private var lastSegment = ContinuousClock.now
    /// Where the record is, said to the user.
    private(set) var place: String?

    /// Finds the repository and checks that it can be written, and signed in, before anything is computed.
    init(recipe: Recipe, profile: ClusterProfile?) throws(Diagnostic) {
        self.recipe = recipe
        self.profile = profile
        ledger = try Ledger.open(enclosing: FileManager.default.currentDirectoryPath)
        try ledger?.checkWritable()
        try ledger?.checkSigning()
    }

    /// Begins the record of a run, or goes on with it.
    func begin(_ start: RecordStart) throws(Diagnostic) {
        let ledger = try openLedger(start.folder)
        virtual = start.virtual
        if let step = start.resumedStep, let known = RunID(start.folder.name), try ledger.runIDs().contains(known) {
            run = known
            (lastStep, lastDigest) = (step, nil)
            meter = EnergyMeter(
                virtual: start.virtual, processes: start.members.count, before: try ledger.energy(known))
            _ = try ledger.append(
                RunEvent(
                    .resume, step: step, files: start.resumeFiles(self),
                    stepsPlanned: recipe.optimizer.extendedSamples == nil ? nil : recipe.plannedSteps), to: known,
                at: Date())
        } else {
            let meter = EnergyMeter(virtual: start.virtual, processes: start.members.count, before: nil)
            self.meter = meter
            var files = try start.files(self)
            if meter.energy.absent != nil { files.append(try meter.energy.recordFile()) }
            let record = try ledger.begin(
                start.manifest(self), files: files, snapshot: RecordPlan.policy(recipe), at: Date())
            run = record.run
        }
        ledger.removeAbandonedFiles()
        if place == nil, let run { place = "Recorded as refs/serre/runs/\(run)" }
        lastSegment = .now
    }

    private func openLedger(_ folder: RunFolder) throws(Diagnostic) -> Ledger {
        if let ledger { return ledger }
        let made = folder.path + "/ledger.git"
        let isThere = FileManager.default.fileExists(atPath: made + "/HEAD")
        guard let opened = try isThere ? Ledger.open(enclosing: made) : Ledger.create(at: made) else {
            throw Diagnostic("ledger.open", "the run's repository cannot be opened", at: .init(file: made))
        }
        ledger = opened
        place = "No git repository here: recorded in \(made)"
        return opened
    }

    /// Records an event. A repository that does not take it now costs no training: the event is kept for the next try.
    ///
    /// `virtualSeconds` is what a step has taken on a simulated cluster, where that is known.
    func observe(_ event: TrainingEvent, virtualSeconds: Double? = nil) throws(Diagnostic) {
        switch event {
        case .step(let record):
            (lastStep, lastDigest) = (record.step, record.digest ?? lastDigest)
            meter?.observe(record)
            let seconds = virtualSeconds ?? virtual?.seconds(batch: record.stepSamples)
            pending.append((record.step, try Console.json(StepLine(record, virtualSeconds: seconds))))
            if endsSegment { keep(RunEvent(.segment, step: record.step, digest: record.digest?.description)) }
        case .evaluation(let step, let losses):
            let line = try Console.json(EvaluationLine(step: step, losses)) + "\n"
            let file = RecordFile(path: "evaluations/\(RecordStart.padded(step)).json", text: line)
            keep(RunEvent(.evaluation, step: step, files: [file]))
        case .saving(let step):
            if !pending.isEmpty { keep(RunEvent(.segment, step: step)) }
        case .checkpoint(let saved):
            if saved.step == lastStep { lastDigest = saved.digest }
            let files = try CheckpointNote(saved).recordFiles()
            keep(RunEvent(.checkpoint, step: saved.step, digest: saved.digest.description, files: files))
        case .incident(let decision):
            let text = IncidentText(decision)
            let file = RecordFile(
                path: "incidents/\(RecordStart.padded(decision.step)).json", text: try text.json() + "\n")
            keep(RunEvent(.incident, step: decision.step, message: text.sentence, files: [file]))
        case .corruption(let finding):
            let file = RecordFile(
                path: "incidents/\(RecordStart.padded(finding.step)).json", text: try IncidentText.json(finding) + "\n")
            keep(RunEvent(.incident, step: finding.step, message: finding.sentence, files: [file]))
        }
    }

    /// Records something that befell the run from outside.
    func observe(incident message: String, at step: Int) {
        keep(RunEvent(.incident, step: step, message: message))
    }

    /// Whether the steps so far are enough, or old enough, for a commit of their own.
    private var endsSegment: Bool {
        let waited = ContinuousClock.now - lastSegment
        return pending.count % recipe.ledger.segmentSteps == 0
            || waited >= .seconds(60 * recipe.ledger.segmentMinutes)
    }

    /// Queues an event and tries to write the queue; a failure is said once and tried again with the next event.
    private func keep(_ event: RunEvent) {
        lastSegment = .now
        do throws(Diagnostic) {
            try write(event)
            hasWarned = false
        } catch {
            if !hasWarned { Console.warn("the record cannot be written now, training goes on: \(error)") }
            hasWarned = true
        }
    }

    /// Queues an event with the metrics of the steps before it, and writes the queue in order.
    private func write(_ event: RunEvent) throws(Diagnostic) {
        guard let ledger, let run else { return }
        var event = event
        if let first = pending.first?.step, let last = pending.last?.step {
            event.files.append(RecordFile.metrics(steps: first...last, lines: pending.map { $0.line }))
            if let energy = meter?.file(for: first...last) { event.files.append(try energy.recordFile()) }
            pending = []
        }
        queue.append(event)
        while let next = queue.first {
            _ = try ledger.append(next, to: run, at: Date())
            queue.removeFirst()
        }
    }

    func end(_ end: TrainingEnd) throws(Diagnostic) {
        let complete = end.step >= recipe.plannedSteps
        let event = RunEvent(
            .end, step: end.step, digest: end.digest.description, outcome: complete ? .finished : .interrupted,
            message: end.stopped.map { "stopped by \($0.rawValue) after step \(end.step)" })
        // What an earlier process of this run left just before this one began is old enough by now.
        ledger?.removeAbandonedFiles()
        do throws(Diagnostic) {
            try write(event)
        } catch {
            throw Diagnostic(
                "ledger.incomplete", "the run is saved in full, but its record is not: \(error)",
                remedy: "the metrics and checkpoints in the run's folder are whole", kind: .failure)
        }
    }

    /// Records why the run failed, as far as the repository still takes it.
    func fail(_ problem: Diagnostic) throws(Diagnostic) {
        try write(
            RunEvent(
                .end, step: lastStep, digest: lastDigest?.description, outcome: .failed, message: problem.description))
    }
}
