import Ledger
import Replay

/// What `serre runs bisect` says.
struct BisectText {
    private let first, second: BisectionSide
    private let result: BisectionResult
    private let kernels: String?

    init(_ first: BisectionSide, _ second: BisectionSide, _ result: BisectionResult, onKernels kernels: String?) {
        (self.first, self.second, self.result, self.kernels) = (first, second, result, kernels)
    }

    var lines: [String] {
        let other = kernels.map { "the same on \($0) kernels" } ?? "\(second.run.run)"
        var lines = ["runs        \(first.run.run)  and  \(other)"]
        guard let step = result.step else {
            return lines + [
                "identical   \(result.comparison.shared) steps that both have: every fingerprint and digest is the same"
            ]
        }
        if kernels == nil {
            let last = result.comparison.lastSameDigest
            lines.append(
                "step        \(step)" + (last > 0 ? " (the same state is on record after step \(last))" : ""))
        } else {
            lines.append("step        \(step)")
        }
        if let later = result.hiddenUntil { lines.append("shown       not before step \(later)") }
        lines += result.origin.map(describe) ?? verdict(step)
        lines.append("cost        \(result.stepsComputed) steps computed")
        return lines
    }

    private func describe(_ origin: InstructionDifference) -> [String] {
        let place = origin.place
        var lines = [
            "pass        \(origin.pass), micro-batch \(place.microbatch), of rank \(place.rank)",
            "instruction \(place.instruction): \(origin.operation)",
        ]
        for output in origin.outputs {
            lines.append(
                "tensor      \(output.buffer): \(grouped(output.differing)) of \(grouped(output.count)) elements differ"
            )
            lines.append("  element   \(output.element), in \(output.bits) bit\(output.bits == 1 ? "" : "s")")
            lines.append("  first     \(output.expected)")
            lines.append("  second    \(output.found)")
        }
        return lines
    }

    /// Why no instruction can be named.
    private func verdict(_ step: Int) -> [String] {
        if let kernels {
            return ["identical   step \(step) writes the same bits with \(kernels) kernels, instruction by instruction"]
        }
        let (one, other) = (first.run.run, second.run.run)
        switch result.outcome {
        case .firstOnly: return notRepeated(one, other)
        case .secondOnly: return notRepeated(other, one)
        default:
            return [
                "cause       not found: repeated here, neither comes out as recorded; serre runs replay says at which step"
                    + " each of them leaves its record"
            ]
        }
    }

    private func notRepeated(_ good: RunID, _ bad: RunID) -> [String] {
        var lines = [
            "cause       outside the run: repeated here, the step comes out as \(good) recorded it, and \(bad) has the same",
            "            recipe and data: look at the machine that ran it, at memory, processor and links",
        ]
        if let state = result.state {
            lines.append(
                "state       \(state.tensors.count) tensors differ in its checkpoint, first \(state.parameter)"
                    + (state.tensor == .parameters ? "" : " (\(state.tensor.rawValue))")
                    + ", element \(state.element): \(state.found) became \(state.expected)"
                    + (state.rank.map { ", saved by rank \($0)" } ?? ""))
        }
        return lines
    }

    /// The object of `runs bisect --json`.
    var object: BisectLine { BisectLine(first, second, result) }
}

struct BisectLine: Encodable {
    private var runs: [String]
    private var identical: Bool
    private var outcome: String
    private var step: Int?
    private var shownAtStep: Int?
    private var stepsComputed: Int
    private var rank: Int?
    private var microbatch, instruction: Int?
    private var pass, operation: String?
    private var tensors: [Tensor]?

    private struct Tensor: Encodable {
        var buffer: String
        var differing, count, element, bits: Int
        var first, second: String
    }

    init(_ first: BisectionSide, _ second: BisectionSide, _ result: BisectionResult) {
        runs = [first.run.run.text, second.run.run.text]
        identical = result.outcome == .identical
        outcome =
            switch result.outcome {
            case .identical: "identical"
            case .found: "found"
            case .firstOnly: "only_first_repeats"
            case .secondOnly: "only_second_repeats"
            case .neither: "neither_repeats"
            }
        (step, shownAtStep, stepsComputed) = (result.step, result.hiddenUntil, result.stepsComputed)
        guard let origin = result.origin else { return }
        (rank, microbatch, instruction) = (origin.place.rank, origin.place.microbatch, origin.place.instruction)
        (pass, operation) = (origin.pass, origin.operation)
        tensors = origin.outputs.map {
            Tensor(
                buffer: $0.buffer, differing: $0.differing, count: $0.count, element: $0.element, bits: $0.bits,
                first: $0.expected, second: $0.found)
        }
    }

    enum CodingKeys: String, CodingKey {
        case runs, identical, outcome, step, rank, microbatch, instruction, pass, operation, tensors
        case shownAtStep = "shown_at_step"
        case stepsComputed = "steps_computed"
    }
}
