import Corpora
import Diagnostics
import Fabrics
import Foundation
import Numerics
import Programs
import Recipes
import Training

/// One of the two executions that a bisection compares: a recorded run, and how it is repeated here.
public struct BisectionSide {
    public var run: RecordedRun
    /// The run's recipe on the layout on which both sides are traced.
    public var recipe: Recipe
    public var corpus: any TokenSource
    public var kernels: KernelContext
    /// Run folders in which its checkpoints may lie.
    public var folders: [RunFolder]
    /// Whether the run's planted flip is planted again.
    public var plants: Bool
    /// A folder of its own for what the bisection saves; made and removed by the caller.
    public var scratch: RunFolder

    public init(
        run: RecordedRun, recipe: Recipe, corpus: any TokenSource, kernels: KernelContext, folders: [RunFolder],
        plants: Bool = true, scratch: RunFolder
    ) {
        (self.run, self.recipe, self.corpus, self.kernels) = (run, recipe, corpus, kernels)
        (self.folders, self.plants, self.scratch) = (folders, plants, scratch)
    }

    var flip: PlantedFlip? { plants ? run.flip : nil }

    /// A trainer at `start`, with the planted flip, if any, and `observer` watching.
    func trainer(at start: ReplayStart, observer: (any InstructionObserver)? = nil) throws(Diagnostic) -> Trainer {
        let replayer = try Replayer(
            run, recipe: recipe, corpus: corpus, fabric: LocalFabric(ranks: recipe.layout.ranks), kernels: kernels,
            scratch: scratch)
        let trainer = try replayer.trainer(at: start)
        watch(trainer, observer)
        return trainer
    }

    /// Whether the other side's state is this side's as long as their records agree: same result, same data.
    func sharesState(with other: BisectionSide) -> Bool {
        recipe.resultDigest == other.recipe.resultDigest && corpus.digest == other.corpus.digest
            && recipe.layout == other.recipe.layout
    }

    /// Whether the same program may give other bits here: a flip is planted on one side, or other kernels compute.
    func computesOtherwise(than other: BisectionSide) -> Bool {
        flip != other.flip || kernels.instructionSet != other.kernels.instructionSet
    }

    /// An empty trace of `step`.
    func emptyTrace(of step: Int) -> StepTrace {
        StepTrace(step: step, recipeDigest: recipe.resultDigest.description, layout: recipe.layout.description)
    }
}

extension BisectionSide {
    /// Has `observer` watch the next step of `trainer`, after the planted flip, if there is one.
    func watch(_ trainer: Trainer, _ observer: (any InstructionObserver)?) {
        let observers: [(any InstructionObserver)?] = [flip.map(FlipPlanter.init), observer]
        trainer.executor.observe(ObserverChain(observers.compactMap { $0 }))
    }

    /// The pass of a place in words, with its micro-batch.
    func passName(_ place: InstructionPlace) throws(Diagnostic) -> String {
        let programs = try Lowering.programsByBatch(recipe, at: Coordinate(rank: place.rank, in: recipe.layout))
        let passes = programs.last?.program.passes ?? []
        return place.pass < passes.count ? passes[place.pass].name : "pass \(place.pass)"
    }
}
