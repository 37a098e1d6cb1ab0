import CZlib

/// Finds altered bits in a compressed object whose content comes out right all the same.
///
/// Deflate can say the same content in many ways: where bytes repeat, a flipped bit of a match's distance may refer to
/// an equal piece farther back. git and libgit2 compress with zlib, so what zlib makes of the content at one of its ten
/// levels is what a sound file holds. A file of the same length that is only a few bits away from that was altered;
/// one that is farther away was written by another compressor, which is no fault.
enum LooseCompression {
    /// More bits than this are not taken for an alteration.
    private static let mostBits = 8

    /// Larger contents are left out: packing them ten times would take minutes.
    private static let mostBytes = 1 << 24

    /// How many bits were altered: 0 where that cannot be said or none was.
    static func alteredBits(in stream: [UInt8], of whole: [UInt8]) -> Int {
        guard whole.count <= mostBytes else { return 0 }
        // libgit2's level first, then git's.
        var nearest = Int.max
        for level in [-1, 1, 0, 2, 3, 4, 5, 7, 8, 9] {
            guard let sound = compressed(whole, level: Int32(level)), sound.count == stream.count else { continue }
            let bits = zip(sound, stream).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
            if bits == 0 { return 0 }
            nearest = min(nearest, bits)
        }
        return nearest <= mostBits ? nearest : 0
    }

    private static func compressed(_ bytes: [UInt8], level: Int32) -> [UInt8]? {
        var count = compressBound(uLong(bytes.count))
        let stream = [UInt8](unsafeUninitializedCapacity: Int(count)) { memory, filled in
            let status = compress2(memory.baseAddress, &count, bytes, uLong(bytes.count), level)
            filled = status == Z_OK ? Int(count) : 0
        }
        return stream.isEmpty ? nil : stream
    }
}
