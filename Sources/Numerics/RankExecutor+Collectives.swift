import CKernels
import Diagnostics
import Fabrics
import Programs

/// Collectives between ranks: what is read, where it goes, and how contributions are combined.
extension RankExecutor {
    func exchange(
        _ operation: CollectiveOperation, _ instruction: Instruction, _ microbatch: Int
    ) throws(Diagnostic) -> Bool {
        let collective: Collective
        if case .collective(let begun)? = pending {
            collective = begun
        } else {
            collective = makeCollective(operation, instruction, microbatch)
            pending = .collective(collective)
        }
        guard try collective.step(fabric) else { return false }
        pending = nil
        return true
    }

    func makeCollective(
        _ operation: CollectiveOperation, _ instruction: Instruction, _ microbatch: Int
    ) -> Collective {
        let group = operation.group.members(of: coordinate, in: layout)
        let member = group.firstIndex(of: rank) ?? 0
        /// An operand of the whole vector's size has the chunk in its place; another is the chunk.
        func chunk(_ operand: Operand) -> UnsafeMutableRawPointer {
            let first = memory.bytes(operand, microbatch: microbatch)
            guard operand.count == operation.count, operation.blocks == 1 else { return first }
            return first + operation.cuts[member] * memory.elementBytes(operand)
        }
        let (read, written) = (instruction.reads[0], instruction.writes[0])
        func whole(_ operand: Operand) -> UnsafeMutableRawPointer { memory.bytes(operand, microbatch: microbatch) }
        let (kind, from, to): (Collective.Kind, UnsafeMutableRawPointer, UnsafeMutableRawPointer) =
            switch operation.kind {
            case .allReduceSum, .allReduceOr, .allReduceMax: (.allReduce, whole(read), whole(written))
            case .reduceScatter, .reduceScatterOr: (.reduceScatter, whole(read), chunk(written))
            case .allGather: (.allGather, chunk(read), whole(written))
            }
        return Collective(
            kind, group: group, member: member, tag: Tag.collective(operation.group, instruction.stream),
            cuts: operation.cuts, blocks: operation.blocks, elementBytes: memory.elementBytes(read), input: from,
            output: to, combine: combination(operation.kind, isRounded: memory.isRounded(read)))
    }

    private func combination(_ kind: CollectiveOperation.Kind, isRounded: Bool) -> Collective.Combine {
        let context = context
        let kernel = kind.kernel
        guard isRounded else {
            return { contributions, output, count in
                kernel(context, Int64(count), contributions, Int64(contributions.count), output)
            }
        }
        // Sums travel as float32 (A1); of bfloat16 only the owner's bits are moved.
        precondition(kind == .allReduceOr || kind == .reduceScatterOr || kind == .allGather, "a sum of rounded values")
        return { contributions, output, count in
            // Two elements a word; an odd one is left over.
            kernel(context, Int64(count / 2), contributions, Int64(contributions.count), output)
            guard count % 2 == 1 else { return }
            let last = contributions.reduce(UInt16(0)) { bits, contribution in
                guard let contribution else { return bits }
                return bits | UnsafeRawPointer(contribution).load(fromByteOffset: 2 * (count - 1), as: UInt16.self)
            }
            UnsafeMutableRawPointer(output).storeBytes(of: last, toByteOffset: 2 * (count - 1), as: UInt16.self)
        }
    }

    /// Steps a gather of bytes that `make` begins; the payloads in member order when it is done.
    func gather(_ make: () -> ByteGather) throws(Diagnostic) -> [Payload]? {
        let gather: ByteGather
        if case .gather(let begun)? = pending {
            gather = begun
        } else {
            gather = make()
            pending = .gather(gather)
        }
        guard try gather.step(fabric) else { return nil }
        pending = nil
        return gather.gathered
    }
}

extension CollectiveOperation.Kind {
    typealias Kernel = (
        OpaquePointer, Int64, [UnsafePointer<Float>?], Int64, UnsafeMutablePointer<Float>
    ) -> Void

    var kernel: Kernel {
        switch self {
        case .allReduceSum, .reduceScatter, .allGather: { serre_tree_sum($0, $1, $2, $3, $4) }
        case .allReduceOr, .reduceScatterOr: { serre_tree_or($0, $1, $2, $3, $4) }
        case .allReduceMax: { serre_tree_max($0, $1, $2, $3, $4) }
        }
    }
}
