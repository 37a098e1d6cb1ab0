import ArgumentParser
import Diagnostics
import Fabrics
import Foundation
import Ledger
import Numerics
import Recipes
import Replay
import Training

extension RunsCommand {
    struct Bisect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find the first step, pass, instruction and tensor at which two runs part.",
            discussion: """
                Example:
                  serre runs bisect 20261123-1200 20261124-0900
                  serre runs bisect latest --against scalar --step 137

                The step is read from the two records. One segment is then repeated, from the nearest checkpoint, and the \
                step is traced on both sides. With --against, one run is compared with itself on other kernels: that \
                tells a faulty processor or kernel from a faulty record. Exit status 1 when the runs differ.
                """)

        @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
        var first: String
        @Argument(help: "The run to compare it with.", completion: .recordedRun)
        var second: String?
        @Option(help: "Instead of a second run: the same run on these kernels, scalar, avx2 or avx512.")
        var against: String?
        @Option(help: "The step to look into (default: the first that differs).")
        var step: Int?
        @Flag(
            name: .customLong("without-flip"),
            help: "Do not plant a recorded --plant-flip again, as if the fault had been the machine's.")
        var withoutFlip = false
        @OptionGroup var places: ReplayPlaces
        @OptionGroup var recipeArguments: RecipeArguments
        @OptionGroup var workerArguments: WorkerArguments
        @Flag(help: "Print one JSON object.")
        var json = false

        func validate() throws {
            guard (second == nil) != (against == nil) else {
                throw ValidationError("Name a second run, or other kernels with --against.")
            }
            if against != nil, step == nil { throw ValidationError("--against needs --step: which step to look into.") }
            if let against, KernelContext.InstructionSet(rawValue: against) == nil {
                throw ValidationError("--against knows scalar, avx2 and avx512.")
            }
        }

        func run() throws {
            let process = try HostProcess.start()
            guard process.hosts == 1 else {
                if process.host == 0 {
                    Console.error("bisect repeats every rank in one process: start it without mpirun")
                }
                process.finish()
                throw ExitCode(2)
            }
            let scratch = try ScratchFolder("bisect", process)
            defer { scratch.remove() }
            let sides = try sides(scratch)
            var bisection = Bisection(sides[0], sides[1]) { Console.note($0) }
            let result = try bisection.find(in: step)
            let text = BisectText(sides[0], sides[1], result, onKernels: against)
            if json { try Console.printJSON(text.object) } else { text.lines.forEach(Console.print) }
            if result.outcome != .identical, !(against != nil && result.origin == nil) { throw ExitCode(1) }
        }

        private func sides(_ scratch: ScratchFolder) throws(Diagnostic) -> [BisectionSide] {
            let ledger = try places.place.open()
            if let option = recipeArguments.resultChangingOption {
                throw Diagnostic(
                    "replay.changed", "\(option) would change the result of the recorded runs",
                    remedy: "name another layout only")
            }
            let one = try RecordedRun(of: ledger.find(first), in: ledger)
            if let step, one.steps[step] == nil {
                throw Diagnostic(
                    "replay.steps", "the record has no such step",
                    expected: one.range.map { "a step within \($0.lowerBound)..\($0.upperBound)" }, found: "\(step)")
            }
            let other = try second.map { (id) throws(Diagnostic) in
                try RecordedRun(of: ledger.find(id), in: ledger)
            }
            // A flip is planted in an instruction of one layout; without one, any layout serves both.
            let layout = (other?.flip == nil || withoutFlip ? one : other ?? one).recipe.layout
            var result: [BisectionSide] = []
            for (number, run) in [one, other ?? one].enumerated() {
                let recorded = try run.recipe(on: RecipeOverrides(layout))
                let recipe = try recorded.applying(recipeArguments.overrides)
                let set = number == 1 ? against.flatMap { KernelContext.InstructionSet(rawValue: $0) } : nil
                let fabric = try LocalFabric(ranks: recipe.layout.ranks)
                let folder = try scratch.run("side-\(number)")
                result.append(
                    BisectionSide(
                        run: run, recipe: recipe,
                        corpus: try places.openCorpus(of: run, fabric: fabric, scratch: scratch.path),
                        kernels: try workerArguments.kernels(recipe, processes: 1, instructionSet: set),
                        folders: places.folders(of: run), plants: against == nil && !withoutFlip, scratch: folder))
            }
            return result
        }
    }
}

extension RecipeOverrides {
    /// A layout as options.
    init(_ layout: Layout) {
        self.init()
        (tensor, pipeline, data) = (layout.tensor, layout.pipeline, layout.data)
        (interleave, microBatch, schedule) = (layout.interleave, layout.microBatch, layout.schedule)
        (zero, sequenceParallel, recompute) = (layout.zero, layout.sequenceParallel, layout.recompute)
    }
}
