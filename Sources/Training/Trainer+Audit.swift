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
        guard policy.repeatEvery > 0, input.step % policy.repeatEvery == 0 else {
            let outcome = try executor.step(input)
            try compareReplicas(after: input.step)
            return outcome
        }
        let before = executor.snapshot()
        let first = try execution(of: input)
        let began = ContinuousClock.now
        defer { auditCost.add(repeating: ContinuousClock.now - began) }
        executor.restore(before)
        let second = try execution(of: input)
        if first == second {
            try compareReplicas(after: input.step)
            return second.outcome
        }
        guard first.tokens == second.tokens else {
            throw corruption(try finding(.data, input.step, first, second))
        }
        executor.restore(before)
        let third = try execution(of: input)
        guard third == first || third == second else {
            throw corruption(try finding(.persistent, input.step, first, second))
        }
        try observe(.corruption(try finding(.transient, input.step, first, second)))
        return third.outcome
    }

    /// One execution of a step: what came out of each instruction and in all, and what it was given.
    private struct Execution: Equatable {
        var outcome: StepOutcome
        var tokens: UInt64
        /// By rank, a number for its state and for all that its instructions have written: the state's digest would know
        /// one copy of what several ranks hold, and of two wrong executions all the rest may by chance be the same.
        var work: [UInt64]
        /// What this host's ranks hold of each parameter, and what their instructions have written, one by one.
        var state: [[UInt64]]
        var trace: WorkTrace

        static func == (a: Execution, b: Execution) -> Bool {
            let same = zip(
                [a.outcome.loss, a.outcome.gradientNorm, a.outcome.updateSum],
                [b.outcome.loss, b.outcome.gradientNorm, b.outcome.updateSum]
            ).allSatisfy { $0.bitPattern == $1.bitPattern }
            return same && a.work == b.work && a.tokens == b.tokens
        }
    }

    private func execution(of input: StepInput) throws(Diagnostic) -> Execution {
        let (outcome, trace) = try executor.tracedStep(input)
        let state = executor.stateSums()
        let mine = zip(executor.fabric.localRanks, state).map { rank, sums in
            [UInt64(rank), sums.reduce(trace.sum(ofRank: rank)) { ($0 ^ $1) &* 0x2545_F491_4F6C_DD1D }]
        }
        let all = try gathered(mine.flatMap { $0 })
        let pairs = stride(from: 0, to: all.count, by: 2).map { (rank: all[$0], sum: all[$0 + 1]) }
        return Execution(
            outcome: outcome, tokens: tokenSum(of: input, sequence: recipe.model.sequenceLength),
            work: pairs.sorted { $0.rank < $1.rank }.map(\.sum), state: state, trace: trace)
    }

    /// What two executions tell when they differ; every host must call it at the same step.
    private func finding(
        _ cause: AuditFinding.Cause, _ step: Int, _ first: Execution, _ second: Execution
    ) throws(Diagnostic) -> AuditFinding {
        let parameters = ModelParameters(recipe.model).all
        let mine = parameters.indices.filter { index in
            zip(first.state, second.state).contains { $0[index] != $1[index] }
        }
        let differing = Set(try gathered(mine.map { UInt64($0) }))
        return AuditFinding(
            step: step, cause: cause,
            parameters: parameters.indices.filter { differing.contains(UInt64($0)) }.map { parameters[$0].name },
            origins: try origins(first.trace, second.trace))
    }

    /// Where two executions part: the first instruction that wrote other numbers, on each rank that did not get these
    /// from another one; the earliest of each host first.
    private func origins(_ first: WorkTrace, _ second: WorkTrace) throws(Diagnostic) -> [String] {
        var lines: [String] = []
        for rank in executor.fabric.localRanks {
            guard let difference = first.firstDifference(ofRank: rank, from: second) else { continue }
            let place = difference.place
            let passes = executor.program(ofRank: rank)?.passes ?? []
            let pass = place.pass < passes.count ? passes[place.pass].name : "\(place.pass)"
            let text =
                "rank \(rank): \(difference.label) in pass \(pass), micro-batch \(place.microbatch), instruction "
                + "\(place.instruction)"
            lines.append(
                "\(difference.isExchange ? 1 : 0) \(difference.order) \(text)")
        }
        let mine = Array(lines.joined(separator: "\n").utf8)
        let all = try executor.fabric.gatherFromHosts(mine).flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
                let parts = line.split(separator: " ", maxSplits: 2)
                return (order: parts.prefix(2).map { Int($0) ?? 0 }, text: String(parts.last ?? ""))
            }
        }
        let sorted = all.sorted { $0.order.lexicographicallyPrecedes($1.order) }
        let isOwn = sorted.first?.order.first == 0
        return sorted.filter { !isOwn || $0.order.first == 0 }.map(\.text)
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

    private func corruption(_ finding: AuditFinding) -> Diagnostic {
        Diagnostic(
            "train.corruption", finding.sentence, expected: "the same bits each time",
            found: "\(finding.cause.rawValue) corruption",
            remedy: finding.cause == .data
                ? "check the corpus with serre runs verify --level inputs, then resume"
                : "exclude the node and resume from the last checkpoint", kind: .failure)
    }
}

/// What looking for silent corruption has cost so far.
public struct AuditCost: Sendable, Equatable {
    /// Steps that were computed again, and comparisons of what several ranks hold.
    public private(set) var repeats = 0
    public private(set) var comparisons = 0
    /// Seconds beyond those of the steps themselves; what the first of two executions takes longer for being watched is
    /// not among them.
    public private(set) var seconds = 0.0

    /// Whether nothing was looked at.
    public var isNothing: Bool { repeats == 0 && comparisons == 0 }

    mutating func add(repeating time: Duration) {
        repeats += 1
        seconds += time / .seconds(1)
    }

    mutating func add(comparing time: Duration) {
        comparisons += 1
        seconds += time / .seconds(1)
    }
}
