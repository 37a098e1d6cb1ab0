import Diagnostics
import Foundation
import Numerics
import Recipes

/// What the guard decides about a step, and how it is done.
extension Trainer {
    /// The guard's decision about the step that has just been computed; `nil` when it may stand.
    ///
    /// It follows from numbers that are the same on every host and layout, so all decide alike.
    func decision(on outcome: StepOutcome, samples: Range<Int>, _ largestLoss: Double?) -> GuardDecision? {
        let isFinite = outcome.loss.isFinite && outcome.gradientNorm.isFinite && outcome.updateSum.isFinite
        let isSpike = largestLoss.map { outcome.loss > $0 } ?? false
        guard !isFinite || isSpike else { return nil }
        var decision = GuardDecision(
            step: step + 1, cause: isFinite ? .spike : .nonFinite, action: wished(isFinite),
            firstSample: samples.lowerBound, endSample: samples.upperBound, rolledBackTo: nil,
            loss: ExactNumber(outcome.loss), gradientNorm: ExactNumber(outcome.gradientNorm),
            largestLoss: largestLoss.map(ExactNumber.init))
        switch decision.action {
        case .skip where !outcome.isWithheld, .skip where isSkippingTooMuch, .rollBack where isRollingBackTooMuch:
            decision.action = .stop
        default: break
        }
        if decision.action == .rollBack { decision.rolledBackTo = recipe.rollBackTarget(after: step) }
        return decision
    }

    private func wished(_ isFinite: Bool) -> GuardDecision.Action {
        guard isFinite else {
            return switch recipe.guardPolicy.nonFinite {
            case .stop: .stop
            case .skip: .skip
            case .rollBack: .rollBack
            }
        }
        return switch recipe.guardPolicy.spike {
        case .off, .stop: .stop
        case .skip: .skip
        case .rollBack: .rollBack
        }
    }

    private var isSkippingTooMuch: Bool { history.skippedInARow(before: step + 1) >= recipe.guardPolicy.skipMost }
    private var isRollingBackTooMuch: Bool { history.rollBacks >= recipe.guardPolicy.rollBackMost }

    /// Does what was decided, and returns it with all its consequences; a stop is told to the observer, and thrown.
    func carryOut(
        _ decision: GuardDecision, _ outcome: StepOutcome, _ observe: (TrainingEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) -> GuardDecision {
        var decision = decision
        switch decision.action {
        case .stop:
            // All hosts have come here: what they are saving is still good.
            try settle(observe)
            try observe(.incident(decision))
            throw refusal(decision, outcome)
        case .skip: break
        case .rollBack:
            try settle(observe)
            decision.firstSample = try rollBack(to: decision.rolledBackTo ?? 0)
        }
        history.decisions.append(decision)
        return decision
    }

    /// Brings back the state of an earlier step, whose checkpoint this run has made; the samples consumed by then.
    ///
    /// Only the state goes back: steps and samples are counted on, so none of the batches since is seen again. To see the good
    /// ones among them again would end in the very state that skipping the bad one alone leaves.
    private func rollBack(to target: Int) throws(Diagnostic) -> Int {
        let place = folder.checkpoint(target)
        guard folder.files.exists(place + "/index.json") else {
            // A run from a seed has no checkpoint of its start and needs none; one from an imported model has.
            guard target == 0, saver.beganFromSeed else { throw lost(target, place) }
            executor.initialize()
            (history.updates, history.losses) = (0, [])
            return 0
        }
        let checkpoint = try Checkpoint(place, on: folder.files)
        try checkpoint.check(against: recipe)
        try load(checkpoint)
        let then = checkpoint.index.guardHistory ?? GuardHistory(updates: target)
        (history.updates, history.losses) = (then.updates, then.losses)
        return checkpoint.index.samples
    }

    /// Nothing else may take the place of a state that is gone.
    private func lost(_ target: Int, _ place: String) -> Diagnostic {
        Diagnostic(
            "train.roll-back",
            "step \(step + 1) must be undone by going back to the state of step \(target), whose checkpoint is missing",
            at: .init(file: place), expected: "a complete checkpoint", found: "none",
            remedy: "bring the folder back, such as with serre store pull, and resume the run", kind: .failure)
    }

    /// Why a run ends here. A state that is no longer numbers must not be saved over a good one.
    private func refusal(_ decision: GuardDecision, _ outcome: StepOutcome) -> Diagnostic {
        let policy = recipe.guardPolicy
        let numbers = "loss \(outcome.loss), gradient norm \(outcome.gradientNorm)"
        let isSpike = decision.cause == .spike
        let action = wished(isSpike)
        let what = isSpike ? "the loss leaps" : "loss or gradient is no longer finite"
        let expected = isSpike ? "a loss of at most \(decision.largestLoss?.value ?? .nan)" : "finite numbers"
        switch action {
        case .skip where isSkippingTooMuch:
            return Diagnostic(
                "train.guard", "\(what) at step \(decision.step), after \(policy.skipMost) steps in a row were skipped",
                expected: expected, found: numbers,
                remedy: "start a new run with a smaller optimizer.learning_rate_peak, or let it roll back",
                kind: .failure)
        case .rollBack where isRollingBackTooMuch:
            return Diagnostic(
                "train.guard",
                "\(what) at step \(decision.step), after the run has rolled back \(policy.rollBackMost) times",
                expected: expected, found: numbers,
                remedy: "start a new run with a smaller optimizer.learning_rate_peak", kind: .failure)
        case .skip where !isSpike:
            return Diagnostic(
                "train.non-finite", "the update of step \(decision.step) is not finite, and cannot be taken back",
                expected: "finite numbers", found: "sum of the updates \(outcome.updateSum)",
                remedy: "start a new run with guard.non_finite roll_back or a smaller optimizer.learning_rate_peak",
                kind: .failure)
        default:
            return Diagnostic(
                isSpike ? "train.spike" : "train.non-finite", "\(what) at step \(decision.step)", expected: expected,
                found: numbers, remedy: "start a new run with a smaller optimizer.learning_rate_peak", kind: .failure)
        }
    }
}
