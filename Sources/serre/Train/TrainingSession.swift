import ClusterProfiles
import Corpora
import Diagnostics
import Fabrics
import Foundation
import Integrity
import Ledger
import Numerics
import Programs
import Recipes
import Replay
import Scenarios
import Simulation
import Training

/// One `serre train`, from its arguments to its last line; the same on every process.
final class TrainingSession {
    let arguments: TrainCommand
    private let process: HostProcess
    let recipe: Recipe
    private let profile: ClusterProfile?
    let fabric: any Fabric
    /// The checkpoint to go on from, and its run.
    private(set) var resumed: (folder: RunFolder, checkpoint: Checkpoint)?
    /// Newer checkpoints that are damaged.
    private var refused: [RefusedCheckpoint] = []
    /// The run to go on with, its checkpoint not yet opened.
    private let start: ResumedRun?
    /// Counted from the start of this process.
    private let limit: TimeLimit?
    /// What goes wrong, on a simulated cluster.
    private let scenario: Scenario?
    /// Flips the bit that the user wants flipped.
    private let planter: FlipPlanter?
    /// What the user can do when the run is ended from outside.
    private var advice = "nothing was saved yet: start it again" { didSet { process.setRemedy(advice) } }

    /// The session of every process, or the first fault that any of them found: they all throw it.
    static func begun(_ arguments: TrainCommand, together process: HostProcess) throws(Diagnostic) -> TrainingSession {
        let session = try process.agreed(on: { $0.identity }) { () throws(Diagnostic) in
            try TrainingSession(arguments, process: process)
        }
        try session.openCheckpoint()
        return session
    }

    /// Opens the checkpoint to go on from; all processes read it together, and fail together where it is not whole.
    private func openCheckpoint() throws(Diagnostic) {
        guard let start else { return }
        let process = process
        let opened = try start.open(
            by: CheckpointReaders(process: process.host, count: process.hosts) { (bytes) throws(Diagnostic) in
                try process.gather(bytes)
            })
        (resumed, refused) = ((start.folder, opened.checkpoint), opened.refused)
    }

    /// What all processes must have in common.
    private var identity: String {
        let parts = [
            SerreVersion.text, recipe.yaml, arguments.lastStep.map { "\($0)" } ?? "", arguments.corpus ?? "",
            arguments.output, arguments.resume ?? "", start?.folder.path ?? "",
            arguments.dryRun ? "dry" : "", arguments.ranksPerProcess ?? "",
            arguments.plantFlip ?? "", arguments.killSwitch ?? "", arguments.watchdogArguments.watchdog,
        ]
        return SHA256.digest(of: Array(parts.joined(separator: "\u{0}").utf8)).hex
    }

    /// Reads everything that a user may have got wrong, before anything is written.
    init(_ arguments: TrainCommand, process: HostProcess) throws(Diagnostic) {
        self.arguments = arguments
        self.process = process
        limit = try arguments.timeArguments.limit()
        _ = try arguments.watchdogArguments.limit()
        planter = try arguments.plantFlip.map { (text) throws(Diagnostic) in FlipPlanter(try PlantedFlip(text)) }
        scenario = try arguments.scenario.map { (name) throws(Diagnostic) in try Scenario.load(name) }
        if scenario != nil, process.hosts > 1 {
            throw Diagnostic(
                "train.scenario", "--scenario simulates the whole cluster in one process",
                remedy: "leave mpirun out: the layout's ranks all run in this process")
        }
        start = try ResumedRun.find(arguments)
        if let start {
            recipe = try start.recipe(applying: arguments.recipeArguments)
        } else {
            recipe = try arguments.recipeArguments.load(arguments.recipe ?? "")
        }
        let begun = try start.flatMap { (start) throws(Diagnostic) in try RunCorpus.read(start.folder) }
        if let obstacle = recipe.trainingObstacles(corpus: arguments.corpus ?? begun?.folder).first { throw obstacle }
        if let name = arguments.cluster {
            let profile = try arguments.profileSettings.load(name)
            try profile.requireRoom(for: recipe.layout)
            try LayoutMemory(recipe, on: profile).require()
            self.profile = profile
        } else {
            profile = nil
        }
        if let rank = planter?.flip.rank, rank >= recipe.layout.ranks {
            throw Diagnostic(
                "train.flip", "--plant-flip names a rank that the layout does not have",
                expected: "a rank below \(recipe.layout.ranks)", found: "\(rank)")
        }
        fabric = try process.fabric(ranks: recipe.layout.ranks, counts: arguments.rankCounts())
        if !arguments.dryRun { try HostMemory.require(recipe, ranks: fabric.localRanks) }
    }

    /// The corpus that was named, or the one that a resumed run began with, or the recipe's, or the shipped one.
    private func openCorpus() throws(Diagnostic) -> any TokenSource {
        let begun = try resumed.flatMap { (resumed) throws(Diagnostic) in try RunCorpus.read(resumed.folder) }
        let name = arguments.corpus ?? begun?.folder ?? recipe.data.corpus
        let corpus = try CorpusChoice(
            name, fabric: fabric, output: arguments.dryRun ? NSTemporaryDirectory() + "serre-dry-run" : arguments.output
        ).open()
        try begun?.require(corpus)
        return corpus
    }

    var isLead: Bool { process.host == 0 }

    /// What would run, without running it.
    func describe() throws(Diagnostic) {
        let programs = try Lowering.programs(recipe)
        let problems = Checker.problems(in: programs, layout: recipe.layout)
        if let problem = problems.first {
            throw Diagnostic("train.program", "the programs are not sound: \(problem)", kind: .failure)
        }
        let corpus = try openCorpus()
        guard isLead else { return }
        let kernels = try arguments.workerArguments.kernels(recipe, processes: process.hosts)
        let dryRun = DryRun(
            recipe: recipe, programs: programs, corpus: corpus,
            samples: try SampleSource(corpus: corpus, recipe: recipe), processes: process.hosts,
            operationsPerSecond: kernels.measuredOperationsPerSecond(), output: arguments.output,
            record: arguments.noLedger ? nil : try RecordPlan(recipe))
        if arguments.json { return Console.print(try dryRun.json()) }
        dryRun.lines.forEach(Console.print)
    }

    /// Runs to the end, or to where the user stops it.
    func train() throws(Diagnostic) {
        if try isHeldBack() { return }
        if try saidDone() { return }
        let kernels = try arguments.workerArguments.kernels(recipe, processes: process.hosts)
        let recorder =
            try isLead && !arguments.noLedger
            ? RunRecorder(recipe: recipe, profile: profile) : nil
        let corpus = try openCorpus()
        try checkAgreement(corpus)
        let folder = try chooseFolder()
        let verification = corpus.beginVerification()
        if let scenario, let profile {
            try rehearse(scenario, profile, corpus, kernels, folder, recorder)
            try verification?.end(telling: isLead)
            return
        }
        let run: Prepared
        do throws(Diagnostic) {
            run = try prepare(folder, corpus, kernels, recorder)
        } catch {
            // A run that could not begin leaves nothing behind.
            if resumed == nil, isLead, error.code != "run.locked" {
                try? FileManager.default.removeItem(atPath: folder.path)
            }
            throw error
        }
        do throws(Diagnostic) {
            let end = try run.trainer.run(until: arguments.lastStep, stop: run.stop) { (event) throws(Diagnostic) in
                try verification?.check()
                try run.report?.observe(event)
                try recorder?.observe(event)
                switch event {
                case .step(let record): tellOfFlip(after: record.step)
                case .checkpoint: advice = Self.goingOn(folder)
                default: break
                }
            }
            try verification?.end(telling: isLead)
            try recorder?.end(end)
            try run.report?.end(end, killSwitch: arguments.killSwitch)
        } catch {
            try? recorder?.fail(error)
            run.report?.fail()
            throw advised(error)
        }
        withExtendedLifetime(run.lock) {}
    }

    /// Lives through a scenario, with every rank in this process.
    private func rehearse(
        _ scenario: Scenario, _ profile: ClusterProfile, _ corpus: any TokenSource, _ kernels: KernelContext,
        _ folder: RunFolder, _ recorder: RunRecorder?
    ) throws(Diagnostic) {
        let rehearsed = try RehearsedTraining(
            arguments, recipe, scenario, on: profile, corpus: corpus, kernels: kernels, folder: folder,
            recorder: recorder)
        let lock = try folder.occupy(beginning: recipe, corpus)
        try rehearsed.run()
        withExtendedLifetime(lock) {}
    }

    private static func goingOn(_ folder: RunFolder) -> String { "go on with: serre train --resume \(folder.path)" }

    /// Says what may follow SIGTERM, with which mpirun both asks all processes to stop and ends those whose run has lost one.
    private func warning(_ folder: RunFolder) -> @Sendable (Int32) -> Void {
        let (speaks, next) = (isLead && process.hosts > 1, Self.goingOn(folder))
        let hasFoundALoss = process.hasFoundALoss
        return { signal in
            guard speaks, signal == SIGTERM else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(250)) {
                if hasFoundALoss() { return }
                Console.note("SIGTERM: finishing the step to save; if mpirun ends the processes before, \(next)")
            }
        }
    }

    /// A run that was ended because processes waited for each other goes on from its last checkpoint.
    private func advised(_ error: Diagnostic) -> Diagnostic {
        guard error.code == "fabric.hang" else { return error }
        var told = error
        told.remedy = advice
        return told
    }

    /// Says where the planted flip went, on the process that holds its rank.
    private func tellOfFlip(after step: Int) {
        guard let planter, planter.flip.step == step, fabric.localRanks.contains(planter.flip.rank) else { return }
        guard let place = planter.planted else {
            return Console.warn(
                "no bit was flipped: rank \(planter.flip.rank) has no instruction \(planter.flip.instruction) in this step"
            )
        }
        Console.note("step \(step): flipped \(place)")
    }

    /// A run that is ready for its next step; the lock and the report are the lead's.
    private struct Prepared {
        var lock: RunLock?
        var stop: StopRequest
        var trainer: Trainer
        var report: TrainingReport?
    }

    private func prepare(
        _ folder: RunFolder, _ corpus: any TokenSource, _ kernels: KernelContext, _ recorder: RunRecorder?
    ) throws(Diagnostic) -> Prepared {
        let beginning = resumed == nil ? recipe : nil
        let lock =
            try isLead
            ? folder.occupy(beginning: beginning, corpus, until: recipe.optimizer.extendedSamples) : nil
        try fabric.barrier()
        let members = try fabric.members()
        let trainer = try Trainer(recipe: recipe, corpus: corpus, fabric: fabric, kernels: kernels, folder: folder)
        if let resumed { try trainer.resume(from: resumed.checkpoint) } else { trainer.initialize() }
        trainer.executor.observe(planter)
        if process.hosts > 1 {
            trainer.executor.watchdog = try arguments.watchdogArguments.watchdog(recipe, on: profile)
            if resumed == nil { process.setRemedy(advice) } else { advice = Self.goingOn(folder) }
        }
        let virtual =
            try isLead ? profile.map { (profile) throws(Diagnostic) in try VirtualTime(recipe, on: profile) } : nil
        let report =
            try isLead
            ? TrainingReport(
                trainer, corpus: corpus, folder: folder, json: arguments.json, virtual: virtual,
                lastStep: arguments.lastStep)
            : nil
        // From here on a signal finishes the step; before, it ends a run that has nothing to save.
        let stop = StopRequest(
            stopFile: folder.stopFile, killSwitch: arguments.killSwitch, limit: limit, heard: warning(folder))
        if isLead {
            let step = resumed?.checkpoint.index.step
            if recorder != nil, let text = try RecordPlan(recipe).untrackedText { Console.note(text) }
            try recorder?.begin(
                RecordStart(
                    folder: folder, corpus: corpus, resumedStep: step, kernels: kernels, virtual: virtual,
                    members: members, flip: planter?.flip))
            for damaged in refused {
                let text =
                    "the checkpoint of step \(damaged.step) is damaged (\(damaged.text)); going on from that of step "
                    + "\(step ?? 0)"
                Console.warn(text)
                recorder?.observe(incident: text, at: step ?? 0)
            }
            report?.begin(resumedFrom: step, ledger: recorder?.place)
        }
        return Prepared(lock: lock, stop: stop, trainer: trainer, report: report)
    }

    /// All processes must have read the same text.
    private func checkAgreement(_ corpus: any TokenSource) throws(Diagnostic) {
        let bits = corpus.digest.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard try fabric.allAgree(bits) else {
            throw Diagnostic(
                "train.disagreement", "the processes read different corpora",
                remedy: "give all of them the same files")
        }
    }

    /// The run's folder: the resumed one, or a new one named after the run, which the lead chooses.
    private func chooseFolder() throws(Diagnostic) -> RunFolder {
        if let resumed { return resumed.folder }
        var name: [UInt8] = []
        if isLead { name = Array(RunID(recipe: recipe.name, startedAt: Date()).text.utf8) }
        name = try fabric.broadcast(name)
        return RunFolder(arguments.output + "/" + String(decoding: name, as: UTF8.self))
    }
}
