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
    let folder: RunFolder
    let saver: CheckpointSaver
    /// Steps and samples done so far.
    public private(set) var step = 0
    public private(set) var samples = 0
    /// What the guard remembers; part of the state where the recipe has a guard.
    public internal(set) var history = GuardHistory(updates: 0)
    /// What the audit has cost since this trainer began.
    public internal(set) var auditCost = AuditCost()
    private var lastLoss: Double?
    /// The last digest of the state, and the step after which it was taken: until the next one nothing changes the state.
    private var digested: (step: Int, digest: Digest)?
    /// Whether the run has just gone on from a checkpoint: whoever saved it may have ended before the evaluation that
    /// follows the save.
    private var mayLackEvaluation = false

    /// Prepares a run whose state is still to be initialised or resumed; `background` is where checkpoints are written
    /// while training goes on.
    public init(
        recipe: Recipe, corpus: any TokenSource, fabric: any Fabric, kernels: KernelContext, folder: RunFolder,
        background: any Background = BackgroundThreads()
    ) throws(Diagnostic) {
        if let obstacle = recipe.trainingObstacles(corpus: corpus.place).first { throw obstacle }
        self.recipe = recipe
        source = try SampleSource(corpus: corpus, recipe: recipe)
        executor = try Executor(recipe: recipe, fabric: fabric, kernels: kernels)
        self.folder = folder
        saver = CheckpointSaver(executor, in: folder, on: background)
    }

    /// Steps that the recipe asks for in all.
    public var plannedSteps: Int { recipe.plannedSteps }

    /// Starts from the recipe's seed.
    public func initialize() {
        executor.initialize()
        saver.beganFromSeed = true
        digested = nil
    }

    /// Goes on from a checkpoint, whatever layout wrote it. Throws when the state's digest is not the recorded one.
    public func resume(from checkpoint: Checkpoint) throws(Diagnostic) {
        try checkpoint.check(against: recipe)
        try checkpoint.checkLayout(recipe)
        try load(checkpoint)
        step = checkpoint.index.step
        samples = checkpoint.index.samples
        history = checkpoint.index.guardHistory ?? GuardHistory(updates: step)
        saver.last = (step, checkpoint.folder)
        saver.beganFromSeed = checkpoint.index.beganFromSeed ?? false
        digested = nil
        mayLackEvaluation = true
    }

    /// Fills the state from a checkpoint of this recipe, and checks that it is the one that was saved.
    func load(_ checkpoint: Checkpoint) throws(Diagnostic) {
        try checkpoint.load(into: executor)
        let index = checkpoint.index
        let digest = try StateDigest(
            of: executor, step: index.step, samples: index.samples, history: index.guardHistory)
        guard digest.root.description == index.stateDigest else {
            throw Diagnostic(
                "checkpoint.digest", "the loaded state is not the one that was saved",
                at: .init(file: checkpoint.folder), expected: index.stateDigest,
                found: digest.root.description, remedy: "resume from an earlier checkpoint")
        }
    }

    /// Runs until `lastStep` (at most the planned steps) or a stop request, then saves and evaluates.
    ///
    /// `observe` is called on every host; only the lead host should write anything. A checkpoint that is written in the
    /// background is told after the step at whose end it was complete.
    public func run(
        until lastStep: Int? = nil, stop: (any StopSource)? = nil,
        observe: (TrainingEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) -> TrainingEnd {
        do throws(Diagnostic) {
            return try steps(until: min(lastStep ?? plannedSteps, plannedSteps), stop, observe)
        } catch {
            saver.abandon()
            throw error
        }
    }

    private func steps(
        until end: Int, _ stop: (any StopSource)?, _ observe: (TrainingEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) -> TrainingEnd {
        var reason: StopReason?
        if mayLackEvaluation, step < end, isDue(recipe.evaluation.everySteps) { try evaluate(observe) }
        mayLackEvaluation = false
        while step < end, reason == nil {
            try trainStep(digesting: (step + 1) % recipe.digestEvery == 0, observe)
            if let saved = try saver.advance() { try observe(.checkpoint(saved)) }
            // A request that comes with the last step has nothing left to stop.
            let request = try stop?.agreed(over: executor.fabric, saveSeconds: saver.secondsToSave)
            reason = step < end ? request : nil
            let ends = step == end || reason != nil
            if isDue(recipe.checkpoint.everySteps), !ends { try saveAndGoOn(observe) }
            if isDue(recipe.evaluation.everySteps), !ends { try evaluate(observe) }
        }
        let digest = try save(observe)
        if reason == nil { try evaluate(observe) }
        return TrainingEnd(
            step: step, samples: samples, finalLoss: lastLoss, digest: digest, stopped: reason,
            checkpoint: saver.last?.folder)
    }

    func isDue(_ every: Int) -> Bool { every > 0 && step % every == 0 }

    /// Does one step and tells of it, with the state's digest after it if `digesting`.
    func trainStep(
        digesting: Bool, _ observe: (TrainingEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let started = ContinuousClock.now
        let batch = recipe.batch.size(afterSamples: samples)
        let first = samples
        let rate = recipe.optimizer.learningRate(atSamples: first + batch)
        let largestLoss = history.largestLoss(recipe.guardPolicy)
        let input = StepInput(
            step: step + 1, batch: batch, learningRate: rate, update: history.updates + 1,
            stepGuard: recipe.guardPolicy.isStandard
                ? nil : StepGuard(withholdsNonFinite: true, largestLoss: largestLoss)
        ) { [source] index, tokens in
            source.copy(sample: first + index, into: tokens)
        }
        let outcome = try audited(input, observe)
        let decision = try decision(on: outcome, samples: first..<(first + batch), largestLoss)
            .map { (decision) throws(Diagnostic) in try carryOut(decision, outcome, observe) }
        step += 1
        samples += batch
        if decision == nil {
            history.append(loss: outcome.loss, recipe.guardPolicy)
            lastLoss = outcome.loss
        }
        let rankSeconds = try executor.gatherRankSeconds(after: step)
        let digest = digesting ? try stateDigest() : nil
        let seconds = Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9
        let sequence = recipe.model.sequenceLength
        try observe(
            .step(
                StepRecord(
                    step: step, samples: samples, tokens: samples * sequence, outcome: outcome, learningRate: rate,
                    seconds: seconds, digest: digest, stepSamples: batch, stepTokens: batch * sequence,
                    decision: decision, rankSeconds: rankSeconds)))
        if let decision { try observe(.incident(decision)) }
    }

    private func stateDigest() throws(Diagnostic) -> Digest {
        if let digested, digested.step == step { return digested.digest }
        let digest = try digestOfState().root
        digested = (step, digest)
        return digest
    }

    /// The digest of the state at hand, with those of its parameters; every host must call it at the same step.
    public func digestOfState() throws(Diagnostic) -> StateDigest {
        try StateDigest(of: executor, step: step, samples: samples, history: savedHistory)
    }

    /// The guard's part of the state; nothing where the recipe has no guard, so that such states keep their digest.
    private var savedHistory: GuardHistory? { recipe.guardPolicy.isStandard ? nil : history }

    /// Held-out losses of the state at hand; every host must call it at the same step.
    public func heldOutLosses() throws(Diagnostic) -> [HeldOutLoss] {
        try HeldOutEvaluation(corpus: source.corpus, recipe: recipe).run(on: executor, step: step)
    }

    private func evaluate(_ observe: (TrainingEvent) throws(Diagnostic) -> Void) throws(Diagnostic) {
        let losses = try heldOutLosses()
        if !losses.isEmpty { try observe(.evaluation(step: step, losses)) }
    }

    /// Waits for the checkpoint that is being written, if one is.
    func settle(_ observe: (TrainingEvent) throws(Diagnostic) -> Void) throws(Diagnostic) {
        if let saved = try saver.settle() { try observe(.checkpoint(saved)) }
    }

    /// Saves as the recipe says, in the background or not.
    private func saveAndGoOn(_ observe: (TrainingEvent) throws(Diagnostic) -> Void) throws(Diagnostic) {
        guard recipe.checkpoint.asynchronous else {
            try save(observe)
            return
        }
        try settle(observe)
        try observe(.saving(step: step))
        try saver.begin(step: step, samples: samples, history: savedHistory)
    }

    /// Writes a checkpoint unless this step already has one; returns the state's digest.
    @discardableResult
    func save(_ observe: (TrainingEvent) throws(Diagnostic) -> Void) throws(Diagnostic) -> Digest {
        try settle(observe)
        let isNew = saver.last?.step != step
        if isNew { try observe(.saving(step: step)) }
        let began = ContinuousClock.now
        let digest = try stateDigest()
        if isNew {
            let saved = try saver.saveNow(
                step: step, samples: samples, digest: digest, history: savedHistory, since: began)
            try observe(.checkpoint(saved))
        }
        return digest
    }
}
