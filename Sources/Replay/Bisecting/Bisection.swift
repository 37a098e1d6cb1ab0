import Diagnostics
import Foundation
import Integrity
import Numerics
import Recipes
import Training

/// Finds the first step, and in it the first pass, instruction and tensor, at which two runs part.
///
/// The step is found from the records alone. Then one segment is repeated: from the nearest checkpoint to the step before,
/// once for both where they share everything up to there, and the step itself on each side with a trace of what every
/// instruction wrote. One more time the step is run on the first side, to have its values. A fault that its own step's
/// fingerprint does not show is found by repeating the second side's segment too: two segments and five steps in all.
public struct Bisection {
    private let first: BisectionSide
    private let second: BisectionSide
    private let progress: (String) -> Void
    /// Steps that were computed, on both sides together: what the search has cost.
    private var stepsComputed = 0
    /// Digests of the first side's states, where the second side's may have to be compared with them.
    private var digests = [Int: Digest]()

    /// - Parameter progress: told in words what is being done.
    public init(_ first: BisectionSide, _ second: BisectionSide, progress: @escaping (String) -> Void = { _ in }) {
        (self.first, self.second, self.progress) = (first, second, progress)
    }

    /// Compares the records, then repeats what is needed.
    ///
    /// - Parameter step: the step to look into; without one, the first in which the records differ.
    public mutating func find(in step: Int? = nil) throws(Diagnostic) -> BisectionResult {
        let comparison = RecordComparison(first.run, second.run)
        guard let step = step ?? comparison.firstDifference else {
            return BisectionResult(comparison: comparison, step: nil, outcome: .identical, stepsComputed: 0)
        }
        var result = BisectionResult(comparison: comparison, step: step, outcome: .neither, stepsComputed: 0)
        let shares = first.sharesState(with: second)
        let before = try state(before: step, of: first)
        if shares, !first.computesOtherwise(than: second) {
            try judge(step, before, &result)
        } else {
            let otherBefore = shares ? before : try state(before: step, of: second)
            result.origin = try trace(step, before, otherBefore)
            if result.origin == nil, shares { try lookBack(from: step, &result) }
            if result.origin != nil { result.outcome = .found }
        }
        result.stepsComputed = stepsComputed
        return result
    }

    /// The state that `step` begins with, saved where a fresh trainer can take it up.
    private mutating func state(before step: Int, of side: BisectionSide) throws(Diagnostic) -> ReplayStart {
        let start = try ReplayStart.nearest(before: step, of: side.run, in: side.folders)
        guard start.step < step - 1 else { return start }
        progress("repeating steps \(start.step + 1) to \(step - 1) of \(side.run.run)")
        let trainer = try side.trainer(at: start)
        let keepsDigests = first.flip != nil || second.flip != nil
        while trainer.step < step - 1 {
            digests[trainer.step + 1] = try trainer.repeatStep(digesting: keepsDigests).digest
            stepsComputed += 1
        }
        return ReplayStart(checkpoint: try trainer.saveState(), step: step - 1)
    }

    /// Traces one step on both sides; the first instruction that differs, `nil` when none does.
    private mutating func trace(
        _ step: Int, _ before: ReplayStart, _ otherBefore: ReplayStart
    ) throws(Diagnostic) -> InstructionDifference? {
        progress("tracing step \(step) on both sides")
        let recorder = TraceRecorder(first.emptyTrace(of: step))
        _ = try run(first, before, recorder)
        let comparing = TraceRecorder(second.emptyTrace(of: step), comparing: recorder.trace)
        _ = try run(second, otherBefore, comparing)
        guard let index = comparing.firstDifference, let there = comparing.captured else { return nil }
        let capturing = TraceRecorder(first.emptyTrace(of: step), capturing: index)
        _ = try run(first, before, capturing)
        guard let here = capturing.captured else { return nil }
        return InstructionDifference(here, there, pass: try second.passName(there.place))
    }

    /// One step of a fresh trainer.
    private mutating func run(
        _ side: BisectionSide, _ start: ReplayStart, _ observer: (any InstructionObserver)?
    ) throws(Diagnostic) -> (record: StepRecord, trainer: Trainer) {
        stepsComputed += 1
        let trainer = try side.trainer(at: start, observer: observer)
        return (try trainer.repeatStep(digesting: true), trainer)
    }

    /// Both sides are one and the same computation here, so one repetition says which record comes out of it.
    private mutating func judge(
        _ step: Int, _ before: ReplayStart, _ result: inout BisectionResult
    ) throws(Diagnostic) {
        progress("repeating step \(step)")
        let (now, trainer) = try run(first, before, nil)
        let comesOut = [first.run, second.run].map { run in
            run.steps[step]?.fingerprint == now.fingerprint
                && run.digests[step].map { $0 == now.digest?.description } ?? true
        }
        switch (comesOut[0], comesOut[1]) {
        case (true, false): result.outcome = .firstOnly
        case (false, true): result.outcome = .secondOnly
        default: result.outcome = .neither
        }
        let other = comesOut[0] ? second : first
        result.state = TensorDifference.find(trainer, in: other.folders, after: step)
    }

    /// The step itself is the same on both sides: the states parted in a step whose fingerprint did not show it.
    private mutating func lookBack(from step: Int, _ result: inout BisectionResult) throws(Diagnostic) {
        var start = try ReplayStart.nearest(before: step, of: second.run, in: first.folders)
        guard start.step < step - 1, !digests.isEmpty else { return }
        progress("repeating steps from \(start.step + 1) of \(second.run.run): it may have parted before it showed")
        let trainer = try second.trainer(at: start)
        while trainer.step < step - 1 {
            let record = try trainer.repeatStep(digesting: true)
            stepsComputed += 1
            guard record.digest != digests[record.step] else {
                start = ReplayStart(checkpoint: try trainer.saveState(), step: record.step)
                continue
            }
            result.origin = try trace(record.step, start, start)
            (result.hiddenUntil, result.step) = (step, record.step)
            return
        }
    }
}
