/// Makes 64-bit fingerprints in which like texts differ in few bits: bit i is set if most features' hashes have it set.
///
/// Charikar, "Similarity estimation techniques from rounding algorithms" (2002). A feature counts as often as it occurs.
public struct SimHasher: Sendable {
    public let parameters: SimHashParameters

    public init(_ parameters: SimHashParameters) { self.parameters = parameters }

    /// The fingerprint of a text; `nil` for a text without a word or character.
    public func fingerprint(of text: [UInt8]) -> UInt64? {
        let hashes = parameters.shingling.hashes(of: text)
        return hashes.isEmpty ? nil : fingerprint(ofHashes: hashes)
    }

    /// A bit is set where more than half of the hashes have it.
    func fingerprint(ofHashes hashes: [UInt64]) -> UInt64 {
        var counts = [UInt32](repeating: 0, count: 64)
        var planes = BitPlanes()
        for hash in hashes {
            planes.add(hash)
            if planes.isFull { planes.flush(into: &counts) }
        }
        planes.flush(into: &counts)
        var fingerprint: UInt64 = 0
        for bit in 0..<64 where Int(counts[bit]) * 2 > hashes.count { fingerprint |= 1 << UInt64(bit) }
        return fingerprint
    }
}

/// Counts how often each of 64 bits is set, 64 at a time: plane p holds bit p of every count.
private struct BitPlanes {
    private var planes: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    private var added = 0

    var isFull: Bool { added == 255 }

    @inline(__always)
    mutating func add(_ bits: UInt64) {
        added += 1
        var carry = bits
        Self.half(&planes.0, &carry)
        Self.half(&planes.1, &carry)
        Self.half(&planes.2, &carry)
        Self.half(&planes.3, &carry)
        Self.half(&planes.4, &carry)
        Self.half(&planes.5, &carry)
        Self.half(&planes.6, &carry)
        planes.7 ^= carry
    }

    @inline(__always)
    private static func half(_ plane: inout UInt64, _ carry: inout UInt64) {
        (plane, carry) = (plane ^ carry, plane & carry)
    }

    mutating func flush(into counts: inout [UInt32]) {
        let all = [planes.0, planes.1, planes.2, planes.3, planes.4, planes.5, planes.6, planes.7]
        for bit in 0..<64 {
            for (weight, plane) in all.enumerated() {
                counts[bit] &+= UInt32(truncatingIfNeeded: plane >> UInt64(bit) & 1) << UInt32(weight)
            }
        }
        self = BitPlanes()
    }
}
