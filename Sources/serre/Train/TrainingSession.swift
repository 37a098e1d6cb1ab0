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
import Simulation
import Training

/// One `serre train`, from its arguments to its last line; the same on every process.
final class TrainingSession {
    private let arguments: TrainCommand
    private let process: HostProcess
    private let recipe: Recipe
    private let profile: ClusterProfile?
    private let fabric: any Fabric
    /// The checkpoint to go on from, and its run.
    private let resumed: (folder: RunFolder, checkpoint: Checkpoint)?

    /// Reads everything that a user may have got wrong, before anything is written.
    init(_ arguments: TrainCommand, process: HostProcess) throws(Diagnostic) {
        self.arguments = arguments
        self.process = process
        let start = try ResumedRun.find(arguments)
        if let start {
            recipe = try start.recipe(applying: arguments.recipeArguments)
            resumed = (start.folder, try Checkpoint(start.folder.checkpoint(start.step)))
        } else {
            recipe = try arguments.recipeArguments.load(arguments.recipe ?? "")
            resumed = nil
        }
        if let obstacle = recipe.trainingObstacles.first { throw obstacle }
        if let name = arguments.cluster {
            let profile = try arguments.profileSettings.load(name)
            try profile.requireRoom(for: recipe.layout)
            self.profile = profile
        } else {
            profile = nil
        }
        fabric = try process.fabric(ranks: recipe.layout.ranks, counts: arguments.rankCounts())
    }

    private func openCorpus() throws(Diagnostic) -> Corpus {
        try CorpusChoice(arguments.corpus ?? recipe.data.corpus, fabric: fabric, output: arguments.output).open()
    }

    private var isLead: Bool { process.host == 0 }

    /// What would run, without running it.
    func describe() throws(Diagnostic) {
        let programs = try Lowering.programs(recipe)
        let problems = Checker.problems(in: programs, layout: recipe.layout)
        if let problem = problems.first {
            throw Diagnostic("train.program", "the programs are not sound: \(problem)", kind: .failure)
        }
        let corpus = try openCorpus()
        guard isLead else { return }
        for line in DryRun(recipe: recipe, programs: programs, corpus: corpus, processes: process.hosts).lines {
            Console.print(line)
        }
    }

    /// Runs to the end, or to where the user stops it.
    func train() throws(Diagnostic) {
        let corpus = try openCorpus()
        try checkAgreement(corpus)
        let kernels = try arguments.workerArguments.kernels(recipe, processes: process.hosts)
        let recorder = try isLead ? makeRecorder(corpus) : nil
        let folder = try runFolder()
        let lock = try isLead ? RunLock(folder) : nil
        defer { withExtendedLifetime(lock) {} }
        let trainer = try Trainer(recipe: recipe, corpus: corpus, fabric: fabric, kernels: kernels, folder: folder)
        if let resumed { try trainer.resume(from: resumed.checkpoint) } else { trainer.initialize() }
        let virtual = try virtualSecondsPerStep()
        let report = try isLead ? TrainingReport(
                trainer, corpus: corpus, folder: folder, json: arguments.json, virtualSeconds: virtual) : nil
        try begin(recorder, folder, kernels, report)
        do throws(Diagnostic) {
            let stop = StopRequest(stopFile: folder.stopFile)
            let end = try trainer.run(until: arguments.lastStep, stop: stop) { (event) throws(Diagnostic) in
                try report?.observe(event)
                try recorder?.observe(event)
            }
            try recorder?.end(end)
            try report?.end(end)
        } catch {
            try? recorder?.fail(error)
            report?.fail()
            throw error
        }
    }

    /// All processes must be about to do the same run.
    private func checkAgreement(_ corpus: Corpus) throws(Diagnostic) {
        let text = recipe.yaml + corpus.digest.description + SerreVersion.text
        let bits = SHA256.digest(of: Array(text.utf8)).bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard try fabric.allAgree(bits) else {
            throw Diagnostic(
                "train.disagreement", "the processes were given different recipes, corpora or versions of Serre",
                remedy: "start all of them with the same command and files")
        }
    }

    private func makeRecorder(_ corpus: Corpus) throws(Diagnostic) -> RunRecorder? {
        guard !arguments.noLedger else { return nil }
        return try RunRecorder(recipe: recipe, profile: profile, corpus: corpus, hosts: process.hosts)
    }

    /// The run's folder: the resumed one, or a new one named after the run, which the lead chooses.
    private func runFolder() throws(Diagnostic) -> RunFolder {
        if let resumed { return resumed.folder }
        var name: [UInt8] = []
        if isLead { name = Array(RunID(recipe: recipe.name, startedAt: Date()).text.utf8) }
        name = try fabric.broadcast(name)
        let folder = RunFolder(arguments.output + "/" + String(decoding: name, as: UTF8.self))
        if isLead {
            try folder.create()
            try AtomicFile.write(recipe.yaml, to: folder.recipe)
        }
        try fabric.barrier()
        return folder
    }

    private func begin(
        _ recorder: RunRecorder?, _ folder: RunFolder, _ kernels: KernelContext, _ report: TrainingReport?
    ) throws(Diagnostic) {
        guard isLead else { return }
        try recorder?.begin(folder: folder, resumedStep: resumed?.checkpoint.index.step, kernels: kernels)
        report?.begin(resumedFrom: resumed?.checkpoint.index.step, ledger: recorder?.place)
    }

    private func virtualSecondsPerStep() throws(Diagnostic) -> Double? {
        guard let profile, isLead else { return nil }
        let clock = try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
        return try clock.step(ofAll: Lowering.programs(recipe)).seconds
    }
}
