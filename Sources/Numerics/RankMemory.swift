import Diagnostics
import Foundation
import Programs

/// The buffers of one rank, allocated as its memory plan says.
final class RankMemory {
    private let plan: MemoryPlan
    /// Where each buffer of its own begins in `memory`; the arena comes last.
    private let offsets: [Int]
    private let strides: [Int]
    private let elementBytes: [Int]
    private let memory: UnsafeMutableRawPointer
    private let arena: UnsafeMutableRawPointer
    /// Bytes that the plan counts.
    let bytesHeld: Int
    /// Where in `memory` lies what a step goes on with from the last one, ascending.
    private let lastingRanges: [Range<Int>]
    /// Memory of another rank that one of the buffers stands for.
    private let lent: Lent?

    private struct Lent {
        var buffer: Int
        var place: UnsafeMutableRawPointer
        /// Kept alive for as long as its memory is used.
        var owner: RankMemory
    }

    /// - Parameter parameters: a rank that holds the parameters already.
    init(_ program: Program, parametersOf other: (program: Program, memory: RankMemory)? = nil) {
        plan = MemoryPlan(program)
        let lent = other.flatMap { other -> Lent? in
            guard let mine = program.buffer(named: Program.parametersName),
                let theirs = other.program.buffer(named: Program.parametersName)
            else { return nil }
            return Lent(
                buffer: mine.index, place: other.memory.base(theirs, microbatch: 0), owner: other.memory)
        }
        self.lent = lent
        strides = program.buffers.enumerated().map { index, buffer in
            index == lent?.buffer
                ? 0 : MemoryPlan.alignment * ((buffer.count * buffer.elementType.bytes + 63) / 64)
        }
        elementBytes = program.buffers.map { $0.elementType.bytes }
        var held = 0
        offsets = zip(plan.placements, strides).map { placement, stride in
            guard case .own(let copies) = placement else { return 0 }
            defer { held += copies * stride }
            return held
        }
        memory = zeroed(held + max(plan.arenaBytes, MemoryPlan.alignment))
        arena = memory + held
        bytesHeld = held + plan.arenaBytes
        lastingRanges = Self.lastingRanges(program.buffers, plan.placements, offsets, strides)
    }

    deinit { memory.deallocate() }

    /// What is kept between steps, to be read or put back.
    ///
    /// Activations are not: each step writes them before it reads them. So it does with gradients, but an instruction that
    /// adds to some lanes of them has what it left in the others counted as its work (``WorkTrace``).
    var lasting: [UnsafeMutableRawBufferPointer] {
        lastingRanges.map { UnsafeMutableRawBufferPointer(start: memory + $0.lowerBound, count: $0.count) }
    }

    private static func lastingRanges(
        _ buffers: [BufferDeclaration], _ placements: [MemoryPlan.Placement], _ offsets: [Int], _ strides: [Int]
    ) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for (index, buffer) in buffers.enumerated() where buffer.kind != .activations {
            guard case .own(let copies) = placements[index] else { continue }
            let range = offsets[index]..<(offsets[index] + copies * strides[index])
            if let last = ranges.last, last.upperBound == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges
    }

    private func base(_ buffer: BufferID, microbatch: Int) -> UnsafeMutableRawPointer {
        if let lent, lent.buffer == buffer.index { return lent.place }
        switch plan.placements[buffer.index] {
        case .arena(let offset): return arena + offset
        case .own(let copies): return memory + offsets[buffer.index] + microbatch % copies * strides[buffer.index]
        }
    }

    func bytes(_ operand: Operand, microbatch: Int) -> UnsafeMutableRawPointer {
        base(operand.buffer, microbatch: microbatch) + operand.offset * elementBytes[operand.buffer.index]
    }

    /// Bytes of an element of an operand's buffer.
    func elementBytes(_ operand: Operand) -> Int { elementBytes[operand.buffer.index] }

    /// Whether an operand is stored in bfloat16.
    func isRounded(_ operand: Operand) -> Bool { elementBytes[operand.buffer.index] == 2 }

    func halves(_ operand: Operand, microbatch: Int) -> UnsafeMutablePointer<UInt16> {
        bytes(operand, microbatch: microbatch).assumingMemoryBound(to: UInt16.self)
    }

    func floats(_ operand: Operand, microbatch: Int) -> UnsafeMutablePointer<Float> {
        base(operand.buffer, microbatch: microbatch).assumingMemoryBound(to: Float.self) + operand.offset
    }

    func doubles(_ operand: Operand) -> UnsafeMutablePointer<Double> {
        base(operand.buffer, microbatch: 0).assumingMemoryBound(to: Double.self) + operand.offset
    }

    func integers(_ operand: Operand, microbatch: Int) -> UnsafeMutablePointer<Int32> {
        base(operand.buffer, microbatch: microbatch).assumingMemoryBound(to: Int32.self) + operand.offset
    }
}

/// One piece of memory for all buffers, in huge pages where the system has them: a step walks over all of it, and few pages
/// mean few look-ups.
private func zeroed(_ bytes: Int) -> UnsafeMutableRawPointer {
    let hugePage = 2 << 20
    let memory = UnsafeMutableRawPointer.allocate(
        byteCount: bytes, alignment: bytes >= hugePage ? hugePage : MemoryPlan.alignment)
    // Advice only: where it is not taken, pages are small.
    if bytes >= hugePage { madvise(memory, bytes, MADV_HUGEPAGE) }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return memory
}
