import Foundation

/// Token shards read as one sequence, and its windows.
struct TokenStream: Sendable {
    private var shards: [Data] = []
    /// Where each shard begins in the sequence.
    private var starts: [Int] = []
    /// The tokens in all shards.
    private(set) var count = 0

    /// Appends a shard: 16-bit little-endian tokens.
    mutating func append(_ shard: Data) {
        starts.append(count)
        shards.append(shard)
        count += shard.count / 2
    }

    /// How many windows of `sequenceLength` inputs, each followed by its last target, the sequence holds.
    func windowCount(sequenceLength: Int) -> Int {
        precondition(sequenceLength > 0, "a window has at least one token")
        return max(0, count - 1) / sequenceLength
    }

    /// Copies the tokens `[index·S, index·S + S + 1)` into the first S + 1 elements of `buffer`.
    func copyWindow(_ index: Int, sequenceLength: Int, into buffer: UnsafeMutableBufferPointer<Int32>) {
        precondition((0..<windowCount(sequenceLength: sequenceLength)).contains(index), "no such window")
        precondition(buffer.count > sequenceLength, "the buffer is too small for the window and its last target")
        copy(from: index * sequenceLength, count: sequenceLength + 1, into: buffer)
    }

    /// Calls `body` with every token in order.
    func forEachToken(_ body: (Int) -> Void) {
        for shard in shards {
            shard.withUnsafeBytes { raw in
                for at in 0..<raw.count / 2 { body(Int(TokenStream.token(at, in: raw))) }
            }
        }
    }

    private func copy(from first: Int, count: Int, into buffer: UnsafeMutableBufferPointer<Int32>) {
        var shard = shardHolding(first)
        var at = first - starts[shard]
        var written = 0
        while written < count {
            let taken = shards[shard].withUnsafeBytes { raw in
                let taken = min(count - written, raw.count / 2 - at)
                for i in 0..<taken { buffer[written + i] = Int32(TokenStream.token(at + i, in: raw)) }
                return taken
            }
            written += taken
            shard += 1
            at = 0
        }
    }

    /// The last shard that begins at or before a token.
    private func shardHolding(_ token: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= token { low = middle } else { high = middle }
        }
        return low
    }

    private static func token(_ index: Int, in raw: UnsafeRawBufferPointer) -> UInt16 {
        UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
    }
}
