import ArgumentParser
import ClusterProfiles
import Diagnostics
import Fabrics
import Foundation
import Recipes
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a recipe: every rank in this process, or spread over the processes of mpirun.",
        discussion: """
            Examples:
              serre train nano --tensor 2 --pipeline 2 --data 2 --cluster jean-zay-a100
              serre train nano --tensor 2 --data 2 --processes 4
              mpirun -np 4 serre train nano --tensor 2 --data 2
              serre train --resume --time-limit 20h
              serre train nano --data 2 --cluster jean-zay-a100 --scenario bad-week --set checkpoint.every_steps=2

            Ctrl-C or SIGTERM finishes the step, saves and says how to go on. Under mpirun itself use SIGUSR1, or make a \
            file named stop in the run's folder. With --time-limit, or under Slurm, the run stops so in time by itself.

            The file named stop asks one run once. A file named by --kill-switch ends every run that watches it, saved and \
            with status 0, and lets none begin or go on until you remove it: the way to hold back a chain of queued jobs.

            When a process is killed, or waits longer for another than --watchdog allows, the run ends with status 1 and \
            says which one, and the command that goes on from the last checkpoint.

            With --scenario the run is grown under glass: on a simulated cluster, on which the scenario's faults happen, job \
            after job until its end. It is recorded as any run is, and must end with the digest of the run without faults, \
            which is computed first; exit status 1 when it does not, or does not come out as the scenario expects.
            """)

    @Argument(
        help: "A recipe file or the name of a shipped recipe; left out when a run is resumed.", completion: .recipe)
    var recipe: String?
    @OptionGroup var recipeArguments: RecipeArguments
    @OptionGroup var profileSettings: ProfileSettings
    @OptionGroup var workerArguments: WorkerArguments
    @OptionGroup var timeArguments: TimeArguments
    @Option(
        help:
            "While this file exists the run saves and leaves after its step, and no run with it begins; Serre never deletes it (default: none).",
        completion: .file())
    var killSwitch: String?
    @OptionGroup var watchdogArguments: WatchdogArguments

    @Option(help: "Cluster profile to simulate: adds virtual time (default: none).", completion: .clusterProfile)
    var cluster: String?
    @Option(
        help: "What goes wrong: a scenario's file or the name of a shipped one; needs --cluster (default: nothing).",
        completion: .scenario)
    var scenario: String?
    @Option(help: "Draws what the scenario leaves open.")
    var draw: UInt64 = 0
    @Option(
        help:
            "Folder of a built corpus, or the PREFIX.json of token files (default: the recipe's data.corpus, else the small corpus shipped with Serre).",
        completion: .file())
    var corpus: String?
    @Option(help: "Folder under which each run gets a folder of its own.", completion: .file())
    var output = "runs"
    @Option(
        name: .customLong("steps"),
        help: "Stop after this step; never changes the schedule (default: the recipe's end).")
    var lastStep: Int?
    @Option(
        defaultAsFlag: "latest",
        help:
            "Go on with a run, by id, a part of one or folder, or a checkpoint's folder; alone: the latest under --output."
    )
    var resume: String?
    @Flag(help: "Say what would run (memory, disk, time, promise) and stop.")
    var dryRun = false
    @Flag(help: "Print one JSON line per step and a last one with the digest.")
    var json = false
    @Flag(help: "Do not record the run in git.")
    var noLedger = false
    @Option(help: "Start mpirun with so many processes of this machine (default: only this process).")
    var processes: Int?
    @Option(
        name: .customLong("ranks-per-process"),
        help: "Under mpirun: how many ranks each process holds, such as 3,1 (default: as even as possible).")
    var ranksPerProcess: String?

    @Option(
        name: .customLong("plant-flip"),
        help: ArgumentHelp(
            "Rehearse silent corruption: flip one bit that an instruction of a rank has written; recorded (default: none).",
            valueName: "STEP:RANK:INSTRUCTION[:ELEMENT:BIT]"))
    var plantFlip: String?

    func validate() throws {
        if recipe == nil, resume == nil { throw ValidationError("Name a recipe, or --resume a run.") }
        if recipe != nil, resume != nil {
            throw ValidationError("A resumed run has its own recipe: leave the name out.")
        }
        for (option, value) in [("--output", output), ("--resume", resume), ("--kill-switch", killSwitch)] {
            // As an unset variable of a shell gives it: nobody means what would follow.
            if value?.isEmpty == true { throw ValidationError("\(option) is given nothing.") }
        }
        if let processes, processes < 1 { throw ValidationError("--processes must be 1 or more.") }
        if let lastStep, lastStep < 1 { throw ValidationError("--steps must be 1 or more.") }
        try validateScenario()
        if cluster == nil, !profileSettings.settings.isEmpty { throw ValidationError("--set-profile needs --cluster.") }
    }

    /// A rehearsal is one process, begins at the beginning and has its own faults, limits and end.
    private func validateScenario() throws {
        guard scenario != nil else { return }
        if cluster == nil { throw ValidationError("--scenario needs --cluster, the machine to simulate.") }
        let others = [
            ("--resume", resume != nil), ("--processes", processes != nil), ("--steps", lastStep != nil),
            ("--ranks-per-process", ranksPerProcess != nil), ("--plant-flip", plantFlip != nil),
            ("--time-limit", timeArguments.timeLimit != nil), ("--kill-switch", killSwitch != nil),
        ]
        if let other = others.first(where: { $0.1 }) {
            throw ValidationError("--scenario and \(other.0) cannot be together: what goes wrong is the scenario's.")
        }
    }

    func run() throws {
        if let processes, processes > 1 {
            try requireRanks(for: processes)
            return try ProcessLaunch(processes: processes).run()
        }
        try EveryProcess.run { (process) throws(Diagnostic) in
            try TrainingSession.begun(self, together: process)
        } work: { (session) throws(Diagnostic) in
            try dryRun ? session.describe() : session.train()
        }
    }

    /// Processes without a rank would be started for nothing.
    private func requireRanks(for processes: Int) throws(Diagnostic) {
        let recipe =
            if let start = try ResumedRun.find(self) {
                try start.recipe(applying: recipeArguments)
            } else {
                try recipeArguments.load(recipe ?? "")
            }
        guard processes > recipe.layout.ranks else { return }
        throw Diagnostic(
            "train.processes", "there are more processes than ranks", at: .init(key: "--processes"),
            expected: "at most \(recipe.layout.ranks), the ranks of \(recipe.layout)", found: "\(processes)",
            remedy: "start fewer, or raise a degree of the layout")
    }

    /// The counts of `--ranks-per-process`.
    func rankCounts() throws(Diagnostic) -> [Int]? {
        guard let text = ranksPerProcess else { return nil }
        let counts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard counts.allSatisfy({ $0 != nil }) else {
            throw Diagnostic(
                "train.rank-counts", "--ranks-per-process is not a list of numbers", expected: "such as 3,1",
                found: text)
        }
        return counts.compactMap { $0 }
    }
}
