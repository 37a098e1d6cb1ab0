import Diagnostics
import Fabrics
import Integrity
import Numerics
import Programs
import Recipes

/// Looks for silent corruption, as the recipe's audit policy says.
extension Trainer {
    /// Computes the step at hand; where an audit is due, twice, and a third time if these differ.
    ///
    /// Throws `train.corruption` where the machine does not come to an end that it repeats, or where replicas differ.
    func audited(
        _ input: StepInput, _ observe: (TrainingEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) -> StepOutcome {
        let policy = recipe.audit
        let repeats = policy.repeatEvery > 0 && input.step % policy.repeatEvery == 0
        guard repeats else {
            let outcome = try executor.step(input)
            try compareReplicas(after: input.step)
            return outcome
        }
        let before = executor.snapshot()
        let first = try execution(of: input)
        executor.restore(before)
        let second = try execution(of: input)
        if first == second {
            try compareReplicas(after: input.step)
            return second.outcome
        }
        guard first.tokens == second.tokens else { throw corruption(.data, input.step, first, second) }
        executor.restore(before)
        let third = try execution(of: input)
        guard third == first || third == second else { throw corruption(.persistent, input.step, first, second) }
        try observe(
            .corruption(
                AuditFinding(step: input.step, cause: .transient, parameters: first.differences(from: second))))
        return third.outcome
    }

    /// One execution of a step: what came out, and what it was given.
    private struct Execution: Equatable {
        var outcome: StepOutcome
        var state: StateDigest
        var tokens: UInt64

        static func == (a: Execution, b: Execution) -> Bool {
            let same = zip(
                [a.outcome.loss, a.outcome.gradientNorm, a.outcome.updateSum],
                [b.outcome.loss, b.outcome.gradientNorm, b.outcome.updateSum]
            ).allSatisfy { $0.bitPattern == $1.bitPattern }
            return same && a.state == b.state && a.tokens == b.tokens
        }

        func differences(from other: Execution) -> [String] {
            zip(state.parameters, other.state.parameters).filter { $0.digest != $1.digest }.map { $0.0.name }
        }
    }

    private func execution(of input: StepInput) throws(Diagnostic) -> Execution {
        let outcome = try executor.step(input)
        return Execution(
            outcome: outcome, state: try digestOfState(),
            tokens: tokenSum(of: input, sequence: recipe.model.sequenceLength))
    }

    /// Reads the step's tokens once more: a corpus that has changed under the run shows here.
    private func tokenSum(of input: StepInput, sequence: Int) -> UInt64 {
        var tokens = [Int32](repeating: 0, count: sequence + 1)
        var sum: UInt64 = 0
        for sample in 0..<(input.batch ?? recipe.batch.global) {
            tokens.withUnsafeMutableBufferPointer { input.sample(sample, $0) }
            sum = tokens.withUnsafeBytes { (sum ^ wordSum($0)) &* 0x2545_F491_4F6C_DD1D }
        }
        return sum
    }

    /// Compares the parameters of ranks that hold the same ones, where that is due.
    private func compareReplicas(after step: Int) throws(Diagnostic) {
        let every = recipe.audit.replicasEvery
        guard every > 0, step % every == 0, recipe.layout.data > 1 else { return }
        var mine: [UInt8] = []
        for (rank, sum) in executor.parameterSums() {
            mine += littleEndian(rank) + littleEndian(Int(bitPattern: UInt(sum)))
        }
        let all = try executor.fabric.gatherFromHosts(mine).flatMap { $0 }
        let numbers = stride(from: 0, to: all.count, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(all[start + $1]) << (8 * UInt64($1)) }
        }
        for start in stride(from: 0, to: numbers.count, by: 2) {
            let (rank, sum) = (Int(numbers[start]), numbers[start + 1])
            let mine = Coordinate(rank: rank, in: recipe.layout)
            let place = stride(from: 0, to: start, by: 2).first { place in
                let other = Coordinate(rank: Int(numbers[place]), in: recipe.layout)
                return other.pipeline == mine.pipeline && other.tensor == mine.tensor
            }
            guard let place, numbers[place + 1] != sum else { continue }
            let first = numbers[place]
            throw Diagnostic(
                "train.corruption", "after step \(step) ranks \(first) and \(rank) hold different parameters",
                expected: "the same bits in all data replicas", found: "one that changed silently",
                remedy: "resume from the last checkpoint; if it happens again on the same node, exclude that node",
                kind: .failure)
        }
    }

    private func corruption(
        _ cause: AuditFinding.Cause, _ step: Int, _ first: Execution, _ second: Execution
    ) -> Diagnostic {
        let finding = AuditFinding(step: step, cause: cause, parameters: first.differences(from: second))
        return Diagnostic(
            "train.corruption", finding.sentence, expected: "the same bits each time",
            found: "\(cause.rawValue) corruption",
            remedy: cause == .data
                ? "check the corpus with serre runs verify --level inputs, then resume"
                : "exclude the node and resume from the last checkpoint", kind: .failure)
    }
}
