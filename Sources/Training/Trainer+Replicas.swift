import Diagnostics
import Fabrics
import Integrity
import Numerics
import Programs

/// Compares what several ranks hold alike.
extension Trainer {
    /// Compares the parameters that several ranks hold, where that is due: data replicas, what tensor ranks do not split,
    /// and the embedding that the first and the last stage share.
    func compareReplicas(after step: Int) throws(Diagnostic) {
        let every = recipe.audit.replicasEvery
        guard every > 0, step % every == 0, recipe.layout.ranks > 1 else { return }
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
            if other.sum != part.sum { throw difference(of: other, and: part, after: step) }
        }
    }

    private struct HeldPlace: Hashable {
        var parameter: Int
        var elements: Range<Int>
    }

    private func difference(of one: HeldSum, and other: HeldSum, after step: Int) -> Diagnostic {
        let name = ModelParameters(recipe.model).all[one.parameter].name
        return Diagnostic(
            "train.corruption",
            "after step \(step) ranks \(one.rank) and \(other.rank) hold different parameters (\(name))",
            expected: "the same bits on all ranks that hold them", found: "some that changed silently",
            remedy: "resume from the last checkpoint; if it happens again on the same node, exclude that node",
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
