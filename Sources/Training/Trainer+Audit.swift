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
            return comparesReplicas(after: input.step)
                ? try stepComparingReplicas(input, observe) : try executor.step(input)
        }
        let (outcome, finding) = try repeated(input)
        if let finding { try observe(.corruption(finding)) }
        // Two executions agree on it: what differs now has differed before.
        if comparesReplicas(after: input.step), let difference = try replicaDifference() {
            throw corruption(difference, input.step, "hold different parameters, and did so twice", .persistent)
        }
        return outcome
    }

    /// What at least two of three executions agree on, and what was found where the first two did not.
    ///
    /// All hosts decide alike: they compare what they have all gathered.
    private func repeated(
        _ input: StepInput
    ) throws(Diagnostic) -> (outcome: StepOutcome, finding: AuditFinding?) {
        let before = executor.snapshot()
        let first = try execution(of: input)
        let began = ContinuousClock.now
        defer { auditCost.add(repeating: ContinuousClock.now - began) }
        executor.restore(before)
        let second = try execution(of: input)
        if first.gathered == second.gathered { return (second.outcome, nil) }
        var finding = try finding(input.step, first, second)
        if finding.cause == .data { throw corruption(finding) }
        executor.restore(before)
        let third = try execution(of: input)
        guard third.gathered == first.gathered || third.gathered == second.gathered else {
            finding.cause = .persistent
            throw corruption(finding)
        }
        return (third.outcome, finding)
    }

    /// One execution of a step: what came out of each instruction and in all, and what it was given.
    private struct Execution {
        var outcome: StepOutcome
        /// Of all hosts, by rank: the tokens that its host was given, a number for its state and for all that its
        /// instructions have written, loss, norm and update. The state's digest would know one copy of what several ranks
        /// hold, and of two wrong executions all the rest may by chance be the same.
        var gathered: [UInt64]
        /// What this host's ranks hold of each parameter, and what their instructions have written, one by one.
        var state: [[UInt64]]
        var trace: WorkTrace
    }

    private func execution(of input: StepInput) throws(Diagnostic) -> Execution {
        let (outcome, trace) = try executor.tracedStep(input)
        let state = executor.stateSums()
        let tokens = tokenSum(of: input, sequence: recipe.model.sequenceLength)
        let numbers = [outcome.loss, outcome.gradientNorm, outcome.updateSum].map(\.bitPattern)
        let mine = zip(executor.fabric.localRanks, state).flatMap { rank, sums in
            [UInt64(rank), tokens, sums.reduce(trace.sum(ofRank: rank), mixedWords)] + numbers
        }
        return Execution(outcome: outcome, gathered: try gathered(mine), state: state, trace: trace)
    }

    /// What two executions tell when they differ; every host must call it at the same step.
    private func finding(
        _ step: Int, _ first: Execution, _ second: Execution
    ) throws(Diagnostic) -> AuditFinding {
        let parameters = ModelParameters(recipe.model).all
        let mine = parameters.indices.filter { index in
            zip(first.state, second.state).contains { $0[index] != $1[index] }
        }
        let differing = Set(try gathered(mine.map { UInt64($0) }))
        let (origins, areLoads) = try origins(first.trace, second.trace)
        let otherTokens = stride(from: 1, to: first.gathered.count, by: 6).contains {
            first.gathered[$0] != second.gathered[$0]
        }
        return AuditFinding(
            step: step, cause: areLoads || otherTokens ? .data : .transient,
            parameters: parameters.indices.filter { differing.contains(UInt64($0)) }.map { parameters[$0].name },
            origins: origins)
    }

    /// Where two executions part: the first instruction that wrote other numbers, on each rank that did not get these
    /// from another one; the earliest of each host first.
    private func origins(
        _ first: WorkTrace, _ second: WorkTrace
    ) throws(Diagnostic) -> (texts: [String], areLoads: Bool) {
        var lines: [String] = []
        for rank in executor.fabric.localRanks {
            guard let difference = first.firstDifference(ofRank: rank, from: second) else { continue }
            let place = difference.place
            let passes = executor.program(ofRank: rank)?.passes ?? []
            let pass = place.pass < passes.count ? passes[place.pass].name : "\(place.pass)"
            let text =
                "rank \(rank): \(difference.label) in pass \(pass), micro-batch \(place.microbatch), instruction "
                + "\(place.instruction)"
            let kind = difference.isLoad ? 0 : difference.isExchange ? 2 : 1
            lines.append("\(kind) \(difference.order) \(text)")
        }
        let mine = Array(lines.joined(separator: "\n").utf8)
        let all = try executor.fabric.gatherFromHosts(mine).flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
                let parts = line.split(separator: " ", maxSplits: 2)
                return (order: parts.prefix(2).map { Int($0) ?? 0 }, text: String(parts.last ?? ""))
            }
        }
        let sorted = all.sorted { $0.order.lexicographicallyPrecedes($1.order) }
        let kind = sorted.first?.order.first
        return (sorted.filter { $0.order.first == kind }.map(\.text), kind == 0)
    }

    /// Reads the step's tokens once more: a corpus that has changed under the run shows here.
    func tokenSum(of input: StepInput, sequence: Int) -> UInt64 {
        var tokens = [Int32](repeating: 0, count: sequence + 1)
        var sum: UInt64 = 0
        for sample in 0..<(input.batch ?? recipe.batch.global) {
            tokens.withUnsafeMutableBufferPointer { input.sample(sample, $0) }
            sum = mixedWords(sum, tokens.withUnsafeBytes { wordSum($0) })
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

    mutating func add(copying time: Duration) { seconds += time / .seconds(1) }

    mutating func add(repeating time: Duration) {
        repeats += 1
        seconds += time / .seconds(1)
    }

    mutating func add(comparing time: Duration) {
        comparisons += 1
        seconds += time / .seconds(1)
    }
}
