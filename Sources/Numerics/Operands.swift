import CKernels
import Programs

/// The memory of one instruction's operands as its kernel sees it: float32, by way of a wide copy where it is bfloat16.
struct Operands {
    let memory: RankMemory
    /// The instruction, in place, for as long as its kernel runs.
    let instruction: UnsafePointer<Instruction>
    let microbatch: Int
    let wide: WideOperands
    let context: OpaquePointer

    func read(_ i: Int) -> UnsafeMutablePointer<Float> {
        let operand = instruction.pointee.reads[i]
        guard memory.isRounded(operand) else { return memory.floats(operand, microbatch: microbatch) }
        let (place, isNew) = wide.read(i, count: operand.count)
        if isNew { widen(operand, into: place) }
        return place
    }

    func optionalRead(_ i: Int) -> UnsafeMutablePointer<Float>? {
        i < instruction.pointee.reads.count ? read(i) : nil
    }

    func integers(_ i: Int) -> UnsafeMutablePointer<Int32> {
        memory.integers(instruction.pointee.reads[i], microbatch: microbatch)
    }

    /// Where a kernel writes; what it has written is stored by ``store()``.
    func write(_ i: Int) -> UnsafeMutablePointer<Float> {
        let operand = instruction.pointee.writes[i]
        guard memory.isRounded(operand) else { return memory.floats(operand, microbatch: microbatch) }
        return wide.write(i, count: operand.count).place
    }

    /// The same for a kernel that changes what is there.
    func update(_ i: Int) -> UnsafeMutablePointer<Float> {
        let operand = instruction.pointee.writes[i]
        let place = write(i)
        if memory.isRounded(operand) { widen(operand, into: place) }
        return place
    }

    /// Rounds what the kernel wrote into its place.
    func store() {
        for (i, operand) in instruction.pointee.writes.enumerated() where memory.isRounded(operand) && wide.isWritten(i)
        {
            serre_round_bfloat16(
                context, Int64(operand.count), wide.write(i, count: operand.count).place,
                memory.halves(operand, microbatch: microbatch))
        }
    }

    private func widen(_ operand: Operand, into place: UnsafeMutablePointer<Float>) {
        serre_widen_bfloat16(
            context, Int64(operand.count), memory.halves(operand, microbatch: microbatch), place)
    }
}
