import CKernels
import Diagnostics
import Programs
import Recipes

/// A run of whole blocks of one parameter that a local rank owns: what digests hash and checkpoints write.
public struct StatePiece {
    public var rank: Int
    public var parameter: ParameterSpec
    /// Place of the parameter in model order.
    public var modelIndex: Int
    /// A11 segment within the parameter, and the first block within the segment.
    public var segment: Int
    public var block: Int
    /// The elements of the whole tensor, row-major.
    public var elements: Range<Int>
    public var values: UnsafeMutablePointer<Float>
    public var firstMoment: UnsafeMutablePointer<Float>
    public var secondMoment: UnsafeMutablePointer<Float>
}

/// One of the three tensors of a parameter's state.
public enum StateTensor: String, Sendable, CaseIterable {
    case parameters = "parameter"
    case firstMoment = "first_moment"
    case secondMoment = "second_moment"
}

extension Executor {
    /// Draws the parameters from the recipe's seed (A13) and clears the moments.
    public func initialize() {
        for rank in ranks {
            for part in rank.heldParts { draw(part) }
            for piece in rank.ownedPieces {
                piece.firstMoment.update(repeating: 0, count: piece.elements.count)
                piece.secondMoment.update(repeating: 0, count: piece.elements.count)
            }
        }
    }

    private func draw(_ part: HeldPart) {
        let key = [UInt32(truncatingIfNeeded: recipe.seed), UInt32(truncatingIfNeeded: recipe.seed >> 32)]
        let stream = Purpose.initialization << 32 | UInt64(part.modelIndex)
        let first = UInt64(part.elements.lowerBound)
        let count = part.elements.count
        switch part.parameter.initialization {
        case .zeros: part.values.update(repeating: 0, count: count)
        case .ones: part.values.update(repeating: 1, count: count)
        case .normal(let deviation):
            serre_normal(kernels.pointer, key, stream, first, Int64(count), 0, deviation, part.values)
        case .uniform(let bound):
            serre_uniform(kernels.pointer, key, stream, first, Int64(count), -bound, bound, part.values)
        }
    }

    /// The pieces that local ranks own, each element of the model exactly once over all hosts.
    public var ownedPieces: [StatePiece] {
        ranks.flatMap { rank -> [StatePiece] in
            let c = rank.coordinate
            if recipe.layout.zero == 0, c.data > 0 { return [] }
            return rank.ownedPieces.filter { piece in
                if piece.modelIndex == 0, c.pipeline > 0 { return false }
                return piece.parameter.sharding == .rows || c.tensor == 0
            }
        }
    }

    /// Fills every local rank's state. `read` copies elements of a parameter's tensor to a place.
    public func load(
        _ read: (
            _ parameter: ParameterSpec, _ tensor: StateTensor, _ elements: Range<Int>,
            _ place: UnsafeMutablePointer<Float>
        ) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        for rank in ranks {
            for part in rank.heldParts { try read(part.parameter, .parameters, part.elements, part.values) }
            for piece in rank.ownedPieces {
                try read(piece.parameter, .firstMoment, piece.elements, piece.firstMoment)
                try read(piece.parameter, .secondMoment, piece.elements, piece.secondMoment)
            }
        }
    }

    /// A copy of a buffer of one local rank, for looking at what a pass left behind; `nil` when there is none.
    public func copy(ofBuffer name: String, rank: Int) -> [Float]? {
        guard let executor = ranks.first(where: { $0.rank == rank }), let id = executor.program.buffer(named: name)
        else { return nil }
        let count = executor.program.buffers[id.index].count
        return Array(
            UnsafeBufferPointer(start: executor.memory.floats(Operand(id, count: count), microbatch: 0), count: count))
    }

    /// The gradients that the last step left on a local rank, by parameter: its local part. Empty where gradients are
    /// sharded (ZeRO-2 and 3).
    public func gradients(rank: Int) -> [(name: String, values: [Float])] {
        guard let executor = ranks.first(where: { $0.rank == rank }), !executor.program.packsGradients else {
            return []
        }
        let flat = executor.flat(Program.gradientsName)
        return executor.program.shard.entries.map { entry in
            (entry.parameter.name, Array(UnsafeBufferPointer(start: flat + entry.offset, count: entry.count)))
        }
    }
}

/// Neighbouring elements of a parameter, with the memory where they lie.
struct HeldPart {
    var parameter: ParameterSpec
    /// Place of the parameter in model order.
    var modelIndex: Int
    /// The elements of the whole tensor, row-major.
    var elements: Range<Int>
    var values: UnsafeMutablePointer<Float>
}

/// What a random stream is for: the high half of its Philox stream number.
enum Purpose {
    static let initialization: UInt64 = 1
}

extension RankExecutor {
    /// The start of one of the flat buffers.
    func flat(_ name: String) -> UnsafeMutablePointer<Float> {
        guard let buffer = program.buffer(named: name) else {
            preconditionFailure("every program has a buffer named \(name)")
        }
        return memory.floats(Operand(buffer, count: program.buffers[buffer.index].count), microbatch: 0)
    }

    /// What this rank updates, with the memory where it lies.
    var ownedPieces: [StatePiece] {
        let (values, first, second) = (flat(Program.parametersName), flat("first moment"), flat("second moment"))
        return program.shard.owned.map { range in
            let entry = program.shard.entries[range.entry]
            let begin = entry.globalOffset + range.offset - entry.offset
            return StatePiece(
                rank: rank, parameter: entry.parameter, modelIndex: entry.modelIndex, segment: range.segment,
                block: range.block, elements: begin..<(begin + range.count),
                values: values + (program.packsParameters ? range.packed : range.offset),
                firstMoment: first + range.packed, secondMoment: second + range.packed)
        }
    }

    /// Every parameter that this rank holds between steps: all of its stage's, or its shard where parameters are sharded.
    var heldParts: [HeldPart] {
        guard !program.packsParameters else {
            return ownedPieces.map {
                HeldPart(parameter: $0.parameter, modelIndex: $0.modelIndex, elements: $0.elements, values: $0.values)
            }
        }
        let values = flat(Program.parametersName)
        return program.shard.entries.map { entry in
            HeldPart(
                parameter: entry.parameter, modelIndex: entry.modelIndex,
                elements: entry.globalOffset..<(entry.globalOffset + entry.count), values: values + entry.offset)
        }
    }
}
