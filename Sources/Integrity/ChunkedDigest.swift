/// The digests of a file's chunks, so that a part of the file can be checked without the rest.
///
/// ```swift
/// let chunks = ChunkedDigest(bytes: size, chunkBytes: 4 << 20, leaves: leaves)
/// chunks?.root == recorded                            // the list is the one that was recorded
/// try chunks?.damage(in: 0..<4096, of: "weights.bin")  // reads and hashes the first chunk only
/// ```
/// Chunk i is the bytes [i·c, (i + 1)·c) of the file, the last one shorter; its leaf is SHA-256(0x00 ‖ chunk). The root
/// is ``merkleRoot(_:)`` of the leaves in order. Who knows length, chunk size and root can check a list of leaves, and
/// with it any part of the file.
public struct ChunkedDigest: Sendable, Equatable {
    /// The length of the file.
    public let bytes: Int
    /// The length of every chunk but the last.
    public let chunkBytes: Int
    /// One digest per chunk, in order; none for an empty file.
    public let leaves: [Digest]
    /// The Merkle root of the leaves.
    public let root: Digest

    /// A list of leaves; `nil` when their number is not what the lengths ask for.
    public init?(bytes: Int, chunkBytes: Int, leaves: [Digest]) {
        guard bytes >= 0, chunkBytes > 0, leaves.count == (bytes / chunkBytes) + (bytes % chunkBytes == 0 ? 0 : 1)
        else { return nil }
        (self.bytes, self.chunkBytes, self.leaves, root) = (bytes, chunkBytes, leaves, merkleRoot(leaves))
    }

    /// The chunk size for a file of `bytes`: 4 MiB below 1 GiB, 64 MiB from there on.
    ///
    /// A list of leaves stays below 256 entries up to 16 GiB, and a check of one byte reads at most 64 MiB.
    public static func chunkBytes(forFileOf bytes: Int) -> Int { bytes < 1 << 30 ? 4 << 20 : 64 << 20 }

    /// The bytes of the file that chunk `index` holds.
    public func range(ofChunk index: Int) -> Range<Int> {
        index * chunkBytes..<min((index + 1) * chunkBytes, bytes)
    }

    /// The chunks that hold any byte of `range`, which is cut to the file.
    public func chunks(holding range: Range<Int>) -> Range<Int> {
        let range = range.clamped(to: 0..<bytes)
        guard !range.isEmpty else { return 0..<0 }
        return range.lowerBound / chunkBytes..<(range.upperBound - 1) / chunkBytes + 1
    }
}

/// Hashes a file's chunks as its bytes come by.
public struct ChunkHasher: ~Copyable {
    private let chunkBytes: Int
    private var hash: SHA256
    private var taken = 0
    private var filled = 0
    private var leaves: [Digest] = []

    /// A hasher for chunks of `chunkBytes`.
    public init(chunkBytes: Int) {
        precondition(chunkBytes > 0, "a chunk has at least one byte")
        self.chunkBytes = chunkBytes
        hash = Self.begun()
    }

    private static func begun() -> SHA256 {
        var hash = SHA256()
        hash.update([0])
        return hash
    }

    /// Appends bytes to the file.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(chunkBytes - filled)
            hash.update(UnsafeRawBufferPointer(rebasing: piece))
            filled += piece.count
            taken += piece.count
            rest = rest.dropFirst(piece.count)
            if filled == chunkBytes { close() }
        }
    }

    private mutating func close() {
        var full = Self.begun()
        swap(&full, &hash)
        leaves.append(full.finish())
        filled = 0
    }

    /// Ends the file.
    public consuming func finish() -> ChunkedDigest {
        if filled > 0 { close() }
        guard let result = ChunkedDigest(bytes: taken, chunkBytes: chunkBytes, leaves: leaves) else {
            preconditionFailure("as many leaves as chunks were made")
        }
        return result
    }
}
