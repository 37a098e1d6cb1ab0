import Diagnostics
import Programs

/// The buffers of one rank, allocated as its memory plan says.
final class RankMemory {
    private let plan: MemoryPlan
    private let declarations: [BufferDeclaration]
    private var own: [UnsafeMutableRawPointer?]
    private let strides: [Int]
    private let arena: UnsafeMutableRawPointer
    /// Bytes that this object holds.
    let bytesHeld: Int

    init(_ program: Program) {
        plan = MemoryPlan(program)
        declarations = program.buffers
        strides = program.buffers.map { MemoryPlan.alignment * (($0.count * $0.elementType.bytes + 63) / 64) }
        var held = plan.arenaBytes
        own = zip(plan.placements, strides).map { placement, stride in
            guard case .own(let copies) = placement, copies * stride > 0 else { return nil }
            held += copies * stride
            return zeroed(copies * stride)
        }
        arena = zeroed(max(plan.arenaBytes, MemoryPlan.alignment))
        bytesHeld = held
    }

    deinit {
        for case let memory? in own { memory.deallocate() }
        arena.deallocate()
    }

    private func base(_ buffer: BufferID, copy: Int) -> UnsafeMutableRawPointer {
        switch plan.placements[buffer.index] {
        case .arena(let offset): return arena + offset
        case .own(let copies):
            // A buffer of no elements has no memory; nobody reads or writes it.
            guard let memory = own[buffer.index] else { return arena }
            return memory + (copies > 1 ? copy * strides[buffer.index] : 0)
        }
    }

    func floats(_ operand: Operand, copy: Int) -> UnsafeMutablePointer<Float> {
        base(operand.buffer, copy: copy).assumingMemoryBound(to: Float.self) + operand.offset
    }

    func doubles(_ operand: Operand) -> UnsafeMutablePointer<Double> {
        base(operand.buffer, copy: 0).assumingMemoryBound(to: Double.self) + operand.offset
    }

    func integers(_ operand: Operand, copy: Int) -> UnsafeMutablePointer<Int32> {
        base(operand.buffer, copy: copy).assumingMemoryBound(to: Int32.self) + operand.offset
    }
}

private func zeroed(_ bytes: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: MemoryPlan.alignment)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return memory
}
