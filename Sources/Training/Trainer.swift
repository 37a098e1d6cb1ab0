import Corpora
import Diagnostics
import Evaluation
import Fabrics
import Foundation
import Integrity
import Numerics
import Recipes

/// The run loop: steps, digests, evaluations and checkpoints, the same on every host.
///
/// Everything that decides the result comes from the recipe, the corpus and the step's number; the layout, the hosts,
/// the clock and the observer do not.
public final class Trainer {
    public let recipe: Recipe
    public let executor: Executor
    private let source: SampleSource
    private let folder: RunFolder
    /// Steps and samples done so far.
    public private(set) var step = 0
    public private(set) var samples = 0
    private var lastLoss: Double?
    private var lastCheckpoint: (step: Int, folder: String)?

    /// Prepares a run whose state is still to be initialised or resumed.
    public init(
        recipe: Recipe, corpus: Corpus, fabric: any Fabric, kernels: KernelContext, folder: RunFolder
    ) throws(Diagnostic) {
        if let obstacle = recipe.trainingObstacles.first { throw obstacle }
        self.recipe = recipe
        source = try SampleSource(corpus: corpus, recipe: recipe)
        executor = try Executor(recipe: recipe, fabric: fabric, kernels: kernels)
        self.folder = folder
    }

    /// Steps that the recipe asks for in all.
    public var plannedSteps: Int { recipe.plannedSteps }

    /// Starts from the recipe's seed.
    public func initialize() { executor.initialize() }

    /// Goes on from a checkpoint, whatever layout wrote it. Throws when the state's digest is not the recorded one.
    public func resume(from checkpoint: Checkpoint) throws(Diagnostic) {
        try checkpoint.check(against: recipe)
        try checkpoint.checkLayout(recipe)
        try checkpoint.load(into: executor)
        step = checkpoint.index.step
        samples = checkpoint.index.samples
        let digest = try StateDigest(of: executor, step: step, samples: samples)
        guard digest.root.description == checkpoint.index.stateDigest else {
            throw Diagnostic(
                "checkpoint.digest", "the loaded state is not the one that was saved",
                at: .init(file: checkpoint.folder), expected: checkpoint.index.stateDigest,
                found: digest.root.description, remedy: "resume from an earlier checkpoint")
        }
        lastCheckpoint = (step, checkpoint.folder)
    }

    /// Runs until `lastStep` (at most the planned steps) or a stop request, then saves and evaluates.
    ///
    /// `observe` is called on every host; only the lead host should write anything.
    public func run(
        until lastStep: Int? = nil, stop: StopRequest? = nil,
        observe: (TrainingEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) -> TrainingEnd {
        let end = min(lastStep ?? plannedSteps, plannedSteps)
        var reason: StopReason?
        while step < end, reason == nil {
            let record = try trainStep()
            try observe(.step(record))
            // A request that comes with the last step has nothing left to stop.
            let request = try stop?.agreed(over: executor.fabric)
            reason = step < end ? request : nil
            let ends = step == end || reason != nil
            if isDue(recipe.checkpoint.everySteps), !ends { try save(observe) }
            if isDue(recipe.evaluation.everySteps), !ends { try evaluate(observe) }
        }
        let digest = try save(observe)
        if reason == nil { try evaluate(observe) }
        return TrainingEnd(
            step: step, samples: samples, finalLoss: lastLoss, digest: digest, stopped: reason,
            checkpoint: lastCheckpoint?.folder)
    }

    private func isDue(_ every: Int) -> Bool { every > 0 && step % every == 0 }

    private func trainStep() throws(Diagnostic) -> StepRecord {
        let started = ContinuousClock.now
        let batch = recipe.batch.size(afterSamples: samples)
        let first = samples
        let rate = recipe.optimizer.learningRate(atSamples: first + batch)
        let outcome = try executor.step(
            StepInput(step: step + 1, batch: batch, learningRate: rate) { [source] index, tokens in
                source.copy(sample: first + index, into: tokens)
            })
        try refuseNonFinite(outcome)
        step += 1
        samples += batch
        lastLoss = outcome.loss
        var digest: Digest?
        if step % recipe.digestEvery == 0 {
            digest = try StateDigest(of: executor, step: step, samples: samples).root
        }
        let seconds = Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9
        let sequence = recipe.model.sequenceLength
        return StepRecord(
            step: step, samples: samples, tokens: samples * sequence, outcome: outcome, learningRate: rate,
            seconds: seconds, digest: digest, stepSamples: batch, stepTokens: batch * sequence)
    }

    /// A state that is no longer numbers must not be saved over a good one.
    private func refuseNonFinite(_ outcome: StepOutcome) throws(Diagnostic) {
        guard outcome.loss.isFinite, outcome.gradientNorm.isFinite, outcome.updateSum.isFinite else {
            throw Diagnostic(
                "train.non-finite", "loss or gradient is no longer finite at step \(step + 1)",
                expected: "finite numbers", found: "loss \(outcome.loss), gradient norm \(outcome.gradientNorm)",
                remedy: "start a new run with a smaller optimizer.learning_rate_peak", kind: .failure)
        }
    }

    private func evaluate(_ observe: (TrainingEvent) throws(Diagnostic) -> Void) throws(Diagnostic) {
        let losses = try HeldOutEvaluation(corpus: source.corpus, recipe: recipe).run(on: executor, step: step)
        if !losses.isEmpty { try observe(.evaluation(step: step, losses)) }
    }

    /// Writes a checkpoint unless this step already has one; returns the state's digest.
    @discardableResult
    private func save(_ observe: (TrainingEvent) throws(Diagnostic) -> Void) throws(Diagnostic) -> Digest {
        let digest = try StateDigest(of: executor, step: step, samples: samples).root
        if lastCheckpoint?.step != step {
            let place = try Checkpoint.write(
                executor, step: step, samples: samples, digest: digest, in: folder, keepLast: recipe.checkpoint.keepLast
            )
            lastCheckpoint = (step, place)
            try observe(.checkpoint(step: step, folder: place, digest: digest))
        }
        return digest
    }
}
