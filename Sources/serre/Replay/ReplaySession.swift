import Diagnostics
import Fabrics
import Foundation
import Ledger
import Recipes
import Replay
import Training

/// One `serre runs replay`, the same on every process.
struct ReplaySession {
    private let arguments: RunsCommand.Replay
    private let process: HostProcess
    private let run: RecordedRun
    private let recipe: Recipe
    private let range: StepRange
    private let fabric: any Fabric

    /// The session of every process, or the first fault that any of them found: they all throw it.
    static func begun(
        _ arguments: RunsCommand.Replay, together process: HostProcess
    ) throws(Diagnostic) -> ReplaySession {
        try process.agreed(on: { $0.identity }) { () throws(Diagnostic) in try ReplaySession(arguments, process) }
    }

    private init(_ arguments: RunsCommand.Replay, _ process: HostProcess) throws(Diagnostic) {
        (self.arguments, self.process) = (arguments, process)
        let ledger = try arguments.places.place.open()
        run = try RecordedRun(of: ledger.find(arguments.id), in: ledger)
        if let option = arguments.recipeArguments.resultChangingOption {
            throw Diagnostic(
                "replay.changed", "\(option) would change the result of the recorded run",
                remedy: "name another layout only")
        }
        recipe = try run.recipe(on: arguments.recipeArguments.overrides)
        range = try StepRange(arguments.steps, of: run)
        fabric = try process.fabric(ranks: recipe.layout.ranks)
    }

    private var identity: String {
        "\(SerreVersion.text) \(run.run) \(recipe.yaml) \(range.first) \(range.last) \(arguments.fromStart)"
    }

    private var isLead: Bool { process.host == 0 }

    /// Repeats the steps and says what came out; whether all was as recorded.
    func replay() throws(Diagnostic) -> Bool {
        let scratch = try ScratchFolder("replay", process)
        defer { if isLead { scratch.remove() } }
        let folder = RunFolder(scratch.path + "/replay")
        if isLead { try folder.create() }
        try fabric.barrier()
        let corpus = try arguments.places.openCorpus(of: run, fabric: fabric, scratch: scratch.path)
        let kernels = try arguments.workerArguments.kernels(recipe, processes: process.hosts)
        let replayer = try Replayer(
            run, recipe: recipe, corpus: corpus, fabric: fabric, kernels: kernels, scratch: folder)
        let start = try ReplayStart.nearest(
            before: range.first, of: run, in: arguments.places.folders(of: run), wholeRun: arguments.fromStart)
        let basis = ReplayBasis(recorded: run.manifest, running: try SerreIdentity.current())
        let text = ReplayText(run: run, recipe: recipe, range: range, hosts: process.hosts, basis: basis)
        if isLead { text.opening(start).forEach(Console.note) }
        let began = ContinuousClock.now
        let result = try replayer.replay(
            from: start, through: range.last, goesOn: arguments.keepGoing, evaluates: arguments.evaluations
        ) { (step, _) in
            guard isLead else { return }
            let seconds = Double((ContinuousClock.now - began) / .nanoseconds(1)) * 1e-9
            let left = seconds / Double(step - start.step) * Double(range.last - step)
            Console.progress("repeating step \(step) of \(range.last)  ETA \(clock(left))")
        }
        guard isLead else { return result.isIdentical }
        Console.endProgress()
        if arguments.json {
            try Console.printJSON(ReplayLine(run, result, basis))
        } else {
            text.result(result).forEach(Console.print)
        }
        return result.isIdentical
    }
}
