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
        // Of several ranks that hold the same elements one draws, and the others copy; rounded parts are no draws any more.
        var drawn: [DrawnPlace: UnsafeMutablePointer<Float>] = [:]
        for rank in ranks {
            for held in rank.heldParts {
                rank.fill(held) { part in
                    let place = DrawnPlace(parameter: part.modelIndex, elements: part.elements)
                    if let other = drawn[place] {
                        part.values.update(from: other, count: part.elements.count)
                    } else {
                        draw(part)
                        if recipe.precision == .float32 { drawn[place] = part.values }
                    }
                }
            }
            for piece in rank.ownedPieces {
                if rank.hasMasters { draw(piece.part) }
                piece.firstMoment.update(repeating: 0, count: piece.elements.count)
                piece.secondMoment.update(repeating: 0, count: piece.elements.count)
            }
        }
    }

    private struct DrawnPlace: Hashable {
        var parameter: Int
        var elements: Range<Int>
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
            for part in rank.heldParts {
                try rank.fill(part) { (part) throws(Diagnostic) in
                    try read(part.parameter, .parameters, part.elements, part.values)
                }
            }
            for piece in rank.ownedPieces {
                if rank.hasMasters { try read(piece.parameter, .parameters, piece.elements, piece.values) }
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

/// Neighbouring elements of a parameter in a rank's buffer.
struct HeldOperand {
    var entry: ShardLayout.Entry
    /// The elements of the whole tensor, row-major.
    var elements: Range<Int>
    var place: Operand
}

/// Neighbouring elements of a parameter, and the float32 memory where they are written.
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

    /// What this rank updates, with the memory where it lies; nothing where it holds parameters alone.
    var ownedPieces: [StatePiece] {
        if program.passes.isEmpty { return [] }
        let values = flat(hasMasters ? Program.mastersName : Program.parametersName)
        let (first, second) = (flat("first moment"), flat("second moment"))
        let isPacked = hasMasters || program.packsParameters
        return program.shard.owned.map { range in
            let entry = program.shard.entries[range.entry]
            let begin = entry.globalOffset + range.offset - entry.offset
            return StatePiece(
                rank: rank, parameter: entry.parameter, modelIndex: entry.modelIndex, segment: range.segment,
                block: range.block, elements: begin..<(begin + range.count),
                values: values + (isPacked ? range.packed : range.offset),
                firstMoment: first + range.packed, secondMoment: second + range.packed)
        }
    }

    /// Whether the state is a float32 copy beside parameters that are stored rounded.
    var hasMasters: Bool { program.buffer(named: Program.mastersName) != nil }

    /// Every parameter that this rank holds between steps: all of its stage's, or its shard where parameters are sharded.
    var heldParts: [HeldOperand] {
        guard let buffer = program.buffer(named: Program.parametersName) else { return [] }
        return program.packsParameters
            ? program.shard.owned.map { range in
                let entry = program.shard.entries[range.entry]
                let begin = entry.globalOffset + range.offset - entry.offset
                return HeldOperand(
                    entry: entry, elements: begin..<(begin + range.count),
                    place: Operand(buffer, offset: range.packed, count: range.count))
            }
            : program.shard.entries.map { entry in
                HeldOperand(
                    entry: entry, elements: entry.globalOffset..<(entry.globalOffset + entry.count),
                    place: Operand(buffer, offset: entry.offset, count: entry.count))
            }
    }

    /// Has a part of the parameters written in float32, and stores it as parameters are stored.
    func fill<E: Error>(_ held: HeldOperand, by write: (HeldPart) throws(E) -> Void) throws(E) {
        func part(_ values: UnsafeMutablePointer<Float>) -> HeldPart {
            HeldPart(
                parameter: held.entry.parameter, modelIndex: held.entry.modelIndex, elements: held.elements,
                values: values)
        }
        guard memory.isRounded(held.place) else {
            let values = memory.floats(held.place, microbatch: 0)
            try write(part(values))
            return recipe.precision == .bfloat16 ? round(values, count: held.place.count) : ()
        }
        wide.begin()
        let values = wide.write(0, count: held.place.count).place
        try write(part(values))
        serre_round_bfloat16(context, Int64(held.place.count), values, memory.halves(held.place, microbatch: 0))
    }

    /// Rounds parameters that are read with as bfloat16 (A1) and kept as float32.
    private func round(_ values: UnsafeMutablePointer<Float>, count: Int) {
        wide.begin()
        wide.write(0, count: (count + 1) / 2).place.withMemoryRebound(to: UInt16.self, capacity: count) { halves in
            serre_round_bfloat16(context, Int64(count), values, halves)
            serre_widen_bfloat16(context, Int64(count), halves, values)
        }
    }
}

extension StatePiece {
    /// The parameter's values alone.
    fileprivate var part: HeldPart {
        HeldPart(parameter: parameter, modelIndex: modelIndex, elements: elements, values: values)
    }
}
