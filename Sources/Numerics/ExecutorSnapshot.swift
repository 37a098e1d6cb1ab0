import Programs

/// A copy of what the local ranks keep between steps, bit for bit, replicas and all.
public struct ExecutorSnapshot: Sendable {
    fileprivate let memories: [[UInt8]]
}

extension Executor {
    /// Copies what the local ranks keep between steps.
    public func snapshot() -> ExecutorSnapshot {
        ExecutorSnapshot(memories: ranks.map { Array($0.memory.lasting) })
    }

    /// Goes back to a copy that this executor has made.
    public func restore(_ snapshot: ExecutorSnapshot) {
        precondition(snapshot.memories.count == ranks.count, "a copy of other ranks")
        for (rank, bytes) in zip(ranks, snapshot.memories) { rank.memory.lasting.copyBytes(from: bytes) }
    }

    /// A number that tells the parameters that a local rank holds whole from any that differ in one bit, and nearly
    /// always from any others; `nil` where it holds a part only. By the rank's place in its data group.
    public func parameterSums() -> [(rank: Int, sum: UInt64)] {
        guard recipe.layout.zero < 3 else { return [] }
        return ranks.compactMap { rank in
            guard let buffer = rank.program.buffer(named: Program.parametersName) else { return nil }
            let declaration = rank.program.buffers[buffer.index]
            let place = rank.memory.bytes(Operand(buffer, count: declaration.count), microbatch: 0)
            let bytes = UnsafeRawBufferPointer(start: place, count: declaration.count * declaration.elementType.bytes)
            return (rank.rank, wordSum(bytes))
        }
    }
}

/// A sum over 8-byte words that any one changed word changes: each step is invertible.
public func wordSum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var sums = SIMD4<UInt64>(0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63)
    let factor = SIMD4<UInt64>(repeating: 0x2545_F491_4F6C_DD1D)
    let whole = bytes.count & ~31
    for start in stride(from: 0, to: whole, by: 32) {
        sums = (sums ^ bytes.loadUnaligned(fromByteOffset: start, as: SIMD4<UInt64>.self)) &* factor
        sums ^= sums &>> 29
    }
    var sum = UInt64(bytes.count)
    for lane in 0..<4 { sum = (sum ^ sums[lane]) &* factor[0] }
    for byte in bytes[whole...] { sum = (sum ^ UInt64(byte)) &* factor[0] }
    return sum ^ sum >> 32
}
