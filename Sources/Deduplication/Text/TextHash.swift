/// XXH64 (Yann Collet's 64-bit hash): the same value on every machine, unlike the standard library's seeded `Hasher`.
///
/// Not for adversaries: who can choose texts can make two of them collide. Where one false duplicate would matter, the
/// callers compare bytes or use ``DocumentKey``.
enum TextHash {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// The hash of some bytes.
    @inline(__always)
    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        guard let base = bytes.baseAddress else { return finish(seed &+ prime5) }
        var at = base
        var left = bytes.count
        var hash = seed &+ prime5
        if left >= 32 {
            var (a, b, c, d) = (seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
            while left >= 32 {
                a = round(a, word(at))
                b = round(b, word(at + 8))
                c = round(c, word(at + 16))
                d = round(d, word(at + 24))
                at += 32
                left -= 32
            }
            hash = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
            hash = merge(merge(merge(merge(hash, a), b), c), d)
        }
        hash &+= UInt64(bytes.count)
        while left >= 8 {
            hash = rotate(hash ^ round(0, word(at)), 27) &* prime1 &+ prime4
            at += 8
            left -= 8
        }
        if left >= 4 {
            let half = UInt64(UInt32(littleEndian: at.loadUnaligned(as: UInt32.self)))
            hash = rotate(hash ^ half &* prime1, 23) &* prime2 &+ prime3
            at += 4
            left -= 4
        }
        while left > 0 {
            hash = rotate(hash ^ UInt64(at.load(as: UInt8.self)) &* prime5, 11) &* prime1
            at += 1
            left -= 1
        }
        return finish(hash)
    }

    /// Spreads every bit of a number over all 64, one to one: MurmurHash3's finaliser.
    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var x = value
        x = (x ^ x >> 33) &* 0xFF51_AFD7_ED55_8CCD
        x = (x ^ x >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return x ^ x >> 33
    }

    @inline(__always) private static func word(_ at: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: at.loadUnaligned(as: UInt64.self))
    }

    @inline(__always) private static func rotate(_ x: UInt64, _ bits: UInt64) -> UInt64 {
        x &<< bits | x &>> (64 &- bits)
    }

    @inline(__always) private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always) private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* prime1 &+ prime4
    }

    @inline(__always) private static func finish(_ value: UInt64) -> UInt64 {
        var x = value
        x = (x ^ x >> 33) &* prime2
        x = (x ^ x >> 29) &* prime3
        return x ^ x >> 32
    }
}

extension UnsafeBufferPointer {
    /// The memory of some elements.
    @inline(__always)
    func raw(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: self[range]))
    }
}
