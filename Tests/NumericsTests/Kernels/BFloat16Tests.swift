import CKernels
import Testing

/// Rounding to bfloat16 and back (A1), bit for bit on every path.
@Suite("bfloat16") struct BFloat16Tests {
    /// To nearest, ties to even, from the definition: the nearer of the two neighbours with 16 bits.
    private static func rounded(_ value: Float) -> UInt16 {
        if value.isNaN { return UInt16(value.bitPattern >> 16) | 0x40 }
        let below = UInt16(value.bitPattern >> 16)
        func float(_ bits: UInt16) -> Double { Double(Float(bitPattern: UInt32(bits) << 16)) }
        guard value.isFinite, float(below) != Double(value) else { return below }
        // The next one away from zero; past the largest number lies infinity, as far as another step would be.
        let above = below + 1
        let step = Double(Float(bitPattern: UInt32(below) << 16).magnitude)
        let next = above & 0x7FFF == 0x7F80 ? step + 0x1p120 : float(above).magnitude
        let (down, up) = (Double(value).magnitude - step, next - Double(value).magnitude)
        return down == up ? (below % 2 == 0 ? below : above) : down < up ? below : above
    }

    @Test("rounds to nearest even, over every upper half and awkward lower halves")
    func rounding() {
        let lower: [UInt32] = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF]
        let values = (0...UInt32(UInt16.max)).flatMap { upper in
            lower.map { Float(bitPattern: upper << 16 | $0) }
        }
        let expected = values.map(Self.rounded)
        for kernel in Kernel.all {
            let found = kernel.withContext { context in
                var found = [UInt16](repeating: 0, count: values.count)
                serre_round_bfloat16(context, Int64(values.count), values, &found)
                return found
            }
            #expect(found == expected, "\(kernel)")
        }
    }

    @Test("widens exactly, and what was widened rounds to itself")
    func widening() {
        let patterns = Array(UInt16.min...UInt16.max)
        expectEverywhere(patterns.map { Float(bitPattern: UInt32($0) << 16) }) { context in
            var wide = [Float](repeating: 1, count: patterns.count)
            serre_widen_bfloat16(context, Int64(patterns.count), patterns, &wide)
            return wide
        }
        for pattern in patterns where !Float(bitPattern: UInt32(pattern) << 16).isNaN {
            #expect(Self.rounded(Float(bitPattern: UInt32(pattern) << 16)) == pattern)
        }
    }

    @Test("a look-up moves 16-bit rows", arguments: [1, 5, 64])
    func lookUp(width: Int) {
        let (first, rows) = (3, 9)
        let table = (0..<rows * width).map { UInt16(truncatingIfNeeded: $0 &* 40_503 + 7) }
        let tokens: [Int32] = [3, 11, 2, 12, 7, 7, 0]
        let expected = tokens.flatMap { token -> [UInt16] in
            let row = Int(token) - first
            return (0..<rows).contains(row)
                ? Array(table[row * width..<(row + 1) * width]) : [UInt16](repeating: 0, count: width)
        }
        for kernel in Kernel.all {
            let found = kernel.withContext { context in
                var found = [UInt16](repeating: 1, count: expected.count)
                serre_embedding16(
                    context, Int64(tokens.count), tokens, Int64(first), Int64(rows), Int64(width), table, &found)
                return found
            }
            #expect(found == expected, "\(kernel)")
        }
    }
}
