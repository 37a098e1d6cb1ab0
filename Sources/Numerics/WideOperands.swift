import Foundation

/// The float32 copies of an instruction's bfloat16 operands: kernels compute in float32 and round once (A1).
///
/// One for all ranks of a host, since one instruction runs at a time. It grows to the largest operands and stays.
final class WideOperands {
    private var slots: [UnsafeMutableBufferPointer<Float>] = []
    /// Slots that hold a value of the instruction at hand.
    private var filled: Set<Int> = []

    /// Operands that an instruction may read, and as many that it may write.
    private static let operandsMost = 8

    deinit { for slot in slots { slot.deallocate() } }

    /// Forgets the last instruction's values.
    func begin() { filled.removeAll(keepingCapacity: true) }

    /// Room for operand `index` among those that are read.
    func read(_ index: Int, count: Int) -> (place: UnsafeMutablePointer<Float>, isNew: Bool) {
        room(index, count)
    }

    /// Room for operand `index` among those that are written.
    func write(_ index: Int, count: Int) -> (place: UnsafeMutablePointer<Float>, isNew: Bool) {
        room(Self.operandsMost + index, count)
    }

    /// Whether the instruction at hand has asked for operand `index` among those that are written.
    func isWritten(_ index: Int) -> Bool { filled.contains(Self.operandsMost + index) }

    /// Bytes held now.
    var bytesHeld: Int { slots.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride } }

    private func room(_ slot: Int, _ count: Int) -> (place: UnsafeMutablePointer<Float>, isNew: Bool) {
        while slots.count <= slot { slots.append(.allocate(capacity: 16)) }
        if slots[slot].count < count {
            slots[slot].deallocate()
            slots[slot] = .allocate(capacity: count)
        }
        guard let place = slots[slot].baseAddress else { preconditionFailure("a slot without memory") }
        return (place, filled.insert(slot).inserted)
    }
}
