import ArgumentParser
import CTrap
import ClusterProfiles
import Corpora
import Diagnostics
import Foundation
import Recipes
import Rehearsal
import Scenarios

struct SoakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract:
            "Rehearse many short runs, each with faults drawn from its seed, and check what must be true after each.",
        discussion: """
            Examples:
              serre soak --seeds 500
              serre soak --seed 1234

            Each seed draws one to four faults (crashes, lost nodes, hangs, lost and altered messages, flipped bits, torn \
            and failed writes, full disks, pre-emption, time limits …), in steps and in evaluations, the layouts that jobs \
            begin and go on with, and whether checkpoints are written while training goes on. The \
            run must end with the digest of the run without faults, or with a clear error and a state that can be resumed; \
            every evaluation must find what it finds without faults; \
            its record must hold every event; no checkpoint that is not whole may be taken; virtual time must go on.

            A failure prints the seed, with which it happens again on any machine, and a smaller scenario that fails too; so \
            does a crash of the soak itself, without the scenario. Exit status 1 when a seed failed.
            """)

    @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
    var recipe = "nano"
    @Option(help: "How many seeds to run.")
    var seeds = 100
    @Option(help: "The first seed.")
    var first: UInt64 = 0
    @Option(help: "Run this seed alone and tell what happens (default: many).")
    var seed: UInt64?
    @Option(help: "Optimiser steps of each run.")
    var steps = 5
    @Option(help: "Steps between checkpoints, and between evaluations.")
    var checkpointEvery = 2
    @Option(help: "Samples per optimiser step.")
    var globalBatch = 8
    @Option(help: "Tokens of each sample: longer ones take longer, and no fault is different for it.")
    var sequenceLength = 16
    @Option(help: "Layouts with more ranks than this are not drawn.")
    var largest = 8
    @Option(help: "Cluster profile: a file or the name of a shipped one.", completion: .clusterProfile)
    var cluster = "jean-zay-a100"
    @Option(help: "Accelerators on each node, so that small layouts have several nodes.")
    var acceleratorsPerNode = 2
    @Option(help: "Threads, each with a run of its own (default: cores).")
    var threads: Int?
    @Option(
        help: "Seconds that a seed may take: one that takes longer is taken for an endless loop, and ends the soak.")
    var seedSeconds = 600.0
    @Option(name: .customLong("set"), help: ArgumentHelp("Set any key of the recipe.", valueName: "path.to.key=value"))
    var settings: [String] = []
    @OptionGroup var profileSettings: ProfileSettings
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if seeds < 1 { throw ValidationError("--seeds must be 1 or more.") }
        if steps < 1 { throw ValidationError("--steps must be 1 or more.") }
        if checkpointEvery < 1 { throw ValidationError("--checkpoint-every must be 1 or more.") }
        if sequenceLength < 1 { throw ValidationError("--sequence-length must be 1 or more.") }
        if largest < 1 { throw ValidationError("--largest must be 1 or more.") }
        if !(seedSeconds > 0) { throw ValidationError("--seed-seconds must be above 0.") }
        if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
    }

    func run() throws {
        let folder = try MemoryFolder()
        let soak = try soak(corpus: folder.path)
        try prepareForTraps()
        let watch = try startWatch()
        if let seed { return try rehearse(seed, soak, folder.path, watch) }
        let end = first.addingReportingOverflow(UInt64(seeds))
        guard !end.overflow else { throw ValidationError("--first is too large.") }
        let began = ContinuousClock.now
        let total = seeds
        let result = try soak.run(
            seeds: first..<end.partialValue, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
            folder: folder.path,
            beginning: {
                serre_trap_note(Int32($0), $1)
                watch.begin($0, $1)
            }
        ) { result in
            guard Console.showsProgress, result.seeds % 10 == 0 else { return }
            Console.progress("\(result.seeds) of \(total) seeds, \(result.failures.count) failed")
        }
        watch.end()
        if Console.showsProgress { Console.endProgress() }
        let seconds = Double((ContinuousClock.now - began) / .nanoseconds(1)) * 1e-9
        try SoakReport(result, seconds: seconds).print(json: json)
        if let failure = result.failures.first { try shrink(failure.seed, soak, folder.path) }
        if !result.failures.isEmpty { throw ExitCode(1) }
    }

    private func soak(corpus folder: String) throws(Diagnostic) -> Soak {
        let samples = steps * globalBatch
        let overrides =
            [
                "batch.global=\(globalBatch)", "model.sequence_length=\(sequenceLength)",
                "optimizer.train_samples=\(samples)",
                "checkpoint.every_steps=\(checkpointEvery)", "checkpoint.keep_last=2", "layout.micro_batch=1",
                "evaluation.every_steps=\(checkpointEvery)", "evaluation.samples_per_language=1",
                "digest_every=\(steps)",
            ] + settings
        let recipe = try Recipe.load(recipe, overrides: overrides)
        let profile = try ClusterProfile.load(
            cluster,
            overrides: ["nodes.accelerators_per_node=\(acceleratorsPerNode)"] + profileSettings.settings)
        let place = recipe.data.corpus
        let built: String
        if let place { built = place } else { built = try SoakCorpus.build(in: folder) }
        return try Soak(recipe, on: profile, largest: largest) { () throws(Diagnostic) in try openTokenSource(built) }
    }

    /// Tells of one seed what happens in it.
    private func rehearse(_ seed: UInt64, _ soak: Soak, _ folder: String, _ watch: SoakWatch) throws {
        let worker = try SoakWorker(soak, folder: folder + "/record")
        serre_trap_note(0, seed)
        watch.begin(0, seed)
        let night = try worker.draw(seed)
        Console.note("Layouts: " + night.layouts.map(\.description).joined(separator: "; then "))
        Console.note("Checkpoints are written \(Self.words(night))")
        Console.note(night.scenario.yaml)
        let report = try worker.report(night, seed: seed)
        try RehearsalText(report).print(json: json)
        if !report.problems.isEmpty {
            try shrink(seed, soak, folder)
            throw ExitCode(1)
        }
    }

    private func shrink(_ seed: UInt64, _ soak: Soak, _ folder: String) throws(Diagnostic) {
        let worker = try SoakWorker(soak, folder: folder + "/shrinking")
        serre_trap_note(0, seed)
        let small = try worker.shrunk(worker.draw(seed), seed: seed)
        Console.error(
            "seed \(seed)\(try Self.source()) fails; repeat it with: serre soak \(recipe) --seed \(seed)\(options)")
        let layouts = small.layouts.map(\.description).joined(separator: ", then ")
        Console.note("A smaller scenario that fails, on \(layouts), with checkpoints written \(Self.words(small)):")
        Console.note(small.scenario.yaml)
    }

    private static func words(_ night: SoakWorker.Night) -> String {
        night.savesInBackground ? "while training goes on" : "while training waits"
    }

    /// A seed that does not end must say which it is, too.
    private func startWatch() throws(Diagnostic) -> SoakWatch {
        let watch = SoakWatch(limitSeconds: seedSeconds)
        let (source, recipe, options, limit) = (try Self.source(), recipe, options, seedSeconds)
        watch.start { seed in
            Console.error(
                "seed \(seed)\(source) has not ended after \(limit) s; repeat it with: serre soak \(recipe) --seed "
                    + "\(seed)\(options)")
        }
        return watch
    }

    /// A crash of the process, which ends all threads at once, must say which seeds these were at.
    private func prepareForTraps() throws(Diagnostic) {
        serre_trap_install(
            " ends the soak\(try Self.source()); repeat it with: serre soak \(recipe) --seed ", options)
    }

    /// The commit of which this program is built, where it lies in its source tree.
    private static func source() throws(Diagnostic) -> String {
        guard let source = try SerreIdentity.source(), let commit = source.commit else { return "" }
        return " at commit \(commit)\(source.dirty ? " with changes" : "")"
    }

    /// The options that are not as usual, which a repetition needs.
    private var options: String {
        var text = ""
        if steps != 5 { text += " --steps \(steps)" }
        if checkpointEvery != 2 { text += " --checkpoint-every \(checkpointEvery)" }
        if globalBatch != 8 { text += " --global-batch \(globalBatch)" }
        if sequenceLength != 16 { text += " --sequence-length \(sequenceLength)" }
        if largest != 8 { text += " --largest \(largest)" }
        if cluster != "jean-zay-a100" { text += " --cluster \(cluster)" }
        if acceleratorsPerNode != 2 { text += " --accelerators-per-node \(acceleratorsPerNode)" }
        for setting in settings { text += " --set \(setting)" }
        for setting in profileSettings.settings { text += " --set-profile \(setting)" }
        return text
    }
}
