import Diagnostics
import Fabrics
import Integrity
import Numerics
import Programs

/// Compares what several ranks hold alike.
extension Trainer {
    /// Whether the parameters that several ranks hold are compared after a step.
    func comparesReplicas(after step: Int) -> Bool {
        let every = recipe.audit.replicasEvery
        return every > 0 && step % every == 0 && recipe.layout.ranks > 1
    }

    /// Computes a step and compares what several ranks hold of its result; where that differs, the step is computed again,
    /// which tells whether the fault is transient, persistent, older than the step, or in the data.
    ///
    /// Goes on with a second execution whose replicas agree; throws `train.corruption` otherwise. Holds a copy of the state
    /// from before the step meanwhile.
    func stepComparingReplicas(
        _ input: StepInput, _ observe: (TrainingEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) -> StepOutcome {
        let began = ContinuousClock.now
        let before = executor.snapshot()
        let tokens = tokenSum(of: input, sequence: recipe.model.sequenceLength)
        auditCost.add(copying: ContinuousClock.now - began)
        let outcome = try executor.step(input)
        guard let first = try replicaDifference() else { return outcome }
        let suspected = ContinuousClock.now
        defer { auditCost.add(repeating: ContinuousClock.now - suspected) }
        executor.restore(before)
        if let older = try replicaDifference() {
            throw corruption(older, input.step, "held different parameters before the step already", .persistent)
        }
        let again = try executor.step(input)
        let change = tokens ^ tokenSum(of: input, sequence: recipe.model.sequenceLength)
        if try gathered([change]).contains(where: { $0 != 0 }) {
            throw corruption(first, input.step, "hold different parameters; the step's tokens have changed", .data)
        }
        if let second = try replicaDifference() {
            throw corruption(second, input.step, "hold different parameters, and did so twice", .persistent)
        }
        try observe(
            .corruption(
                AuditFinding(
                    step: input.step, cause: .transient, parameters: [first.parameter], origins: [],
                    ranks: [first.one.rank, first.other.rank])))
        return again
    }

    /// Two ranks that hold different bits of one parameter.
    struct ReplicaDifference {
        var one, other: HeldSum
        var parameter: String
    }

    /// The first difference among data replicas, what tensor ranks do not split, and the embedding that the first and the last
    /// stage share. All hosts find the same.
    func replicaDifference() throws(Diagnostic) -> ReplicaDifference? {
        let began = ContinuousClock.now
        defer { auditCost.add(comparing: ContinuousClock.now - began) }
        var mine: [UInt64] = []
        for part in executor.parameterSums() {
            for number in [part.rank, part.parameter, part.elements.lowerBound, part.elements.upperBound] {
                mine.append(UInt64(number))
            }
            mine.append(part.sum)
        }
        let all = try gathered(mine)
        var parts: [HeldSum] = []
        for start in stride(from: 0, to: all.count, by: 5) {
            let numbers = all[start..<(start + 4)].map { Int($0) }
            parts.append(
                HeldSum(
                    rank: numbers[0], parameter: numbers[1], elements: numbers[2]..<numbers[3], sum: all[start + 4]))
        }
        parts.sort { ($0.rank, $0.parameter) < ($1.rank, $1.parameter) }
        var known: [HeldPlace: HeldSum] = [:]
        for part in parts {
            let place = HeldPlace(parameter: part.parameter, elements: part.elements)
            guard let other = known[place] else {
                known[place] = part
                continue
            }
            if other.sum != part.sum {
                let name = ModelParameters(recipe.model).all[part.parameter].name
                return ReplicaDifference(one: other, other: part, parameter: name)
            }
        }
        return nil
    }

    private struct HeldPlace: Hashable {
        var parameter: Int
        var elements: Range<Int>
    }

    func corruption(
        _ difference: ReplicaDifference, _ step: Int, _ words: String, _ cause: AuditFinding.Cause
    ) -> Diagnostic {
        Diagnostic(
            "train.corruption",
            "after step \(step) ranks \(difference.one.rank) and \(difference.other.rank) \(words) "
                + "(\(difference.parameter))",
            expected: "the same bits on all ranks that hold them", found: "\(cause.rawValue) corruption",
            remedy: cause == .data
                ? "check the corpus with serre runs verify --level inputs, then resume"
                : "resume from the last checkpoint; if it happens again on the same node, exclude that node",
            kind: .failure)
    }

    /// The numbers of all hosts, in the order of hosts.
    func gathered(_ mine: [UInt64]) throws(Diagnostic) -> [UInt64] {
        let bytes = mine.flatMap { littleEndian(Int(bitPattern: UInt($0))) }
        return try executor.fabric.gatherFromHosts(bytes).flatMap { bytes in
            stride(from: 0, to: bytes.count, by: 8).map { start in
                (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
            }
        }
    }
}
