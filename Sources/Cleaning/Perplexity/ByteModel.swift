/// An n-gram model of bytes that says how unusual a text is among the texts it was trained on.
///
/// Interpolated absolute discounting (Ney, Essen and Kneser 1994) over the bytes of UTF-8, for contexts *h* of at most
/// ``order`` − 1 bytes: p(b|h) = max(c(hb) − ¾, 0)/c(h) + ¾·n(h)/c(h) · p(b|h′), with c(h) = Σ c(hb), n(h) the number of
/// different b after h, and h′ = h without its first byte; p(b|h) = p(b|h′) where c(h) = 0, and 1/256 below the empty
/// context. n-grams of three and more bytes that occurred once are left out of all counts.
///
/// Every document is taken to follow a line feed. Probabilities use only +, −, ×, ÷ of IEEE 754, and so are the same on
/// every machine.
public struct ByteModel: Sendable {
    /// The length of the longest n-grams, 1 to 7.
    public let order: Int
    /// The language of the texts it was trained on.
    public let language: String
    let entries: Entries

    static let discount = 0.75
    static let orderMax = 7

    /// n-grams with their counts, by ascending key.
    struct Entries: Sendable, Equatable {
        /// The length in the upper byte, below it the bytes, the last one lowest.
        var keys: [UInt64] = []
        /// How often it occurred; how often something known follows it, and how many different bytes.
        var counts: [UInt32] = []
        var followed: [UInt32] = []
        var followers: [UInt16] = []
    }

    /// An open-addressed table from keys to places in the entries, plus 1.
    private let slots: [UInt32]

    init(order: Int, language: String, entries: Entries) {
        self.order = order
        self.language = language
        self.entries = entries
        var size = 1024
        while size < entries.keys.count * 2 { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        for (place, key) in entries.keys.enumerated() {
            var slot = Int(truncatingIfNeeded: mixed(key)) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt32(place + 1)
        }
        self.slots = slots
    }

    /// The mean number of bits by which the model codes a byte of the text; `nil` for an empty text.
    ///
    /// 2 to this power is the perplexity per byte. Texts of more than 4,096 bytes are measured by eight pieces.
    public func bitsPerByte(of text: [UInt8]) -> Double? {
        text.withUnsafeBufferPointer { bytes in
            var bits = BitSum()
            var count = 0
            for range in TextSample.ranges(of: bytes, bytes: 4096, pieces: 8) {
                for place in range { bits.add(probability(at: place, in: bytes, from: range.lowerBound)) }
                count += range.count
            }
            return count == 0 ? nil : bits.total / Double(count)
        }
    }

    /// The probability of the byte at `place` after those from `start` on (and a line feed before them).
    private func probability(at place: Int, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Double {
        let byte = UInt64(bytes[place])
        let longest = min(order - 1, place - start + 1)
        var probability = 1.0 / 256
        var context: UInt64 = 0
        for length in 0...longest {
            if length > 0 {
                let other = place - length
                let earlier = other < start ? 0x0A : UInt64(bytes[other])
                context |= earlier << UInt64(8 * (length - 1))
            }
            guard let whole = find(Self.key(context, length)), entries.followed[whole] > 0 else { break }
            let total = Double(entries.followed[whole])
            let seen = find(Self.key(context << 8 | byte, length + 1)).map { Double(entries.counts[$0]) } ?? 0
            let kept = Self.discount * Double(entries.followers[whole])
            probability = (max(seen - Self.discount, 0) + kept * probability) / total
        }
        return probability
    }

    static func key(_ bytes: UInt64, _ length: Int) -> UInt64 {
        bytes & (length == 0 ? 0 : UInt64.max >> UInt64(64 - 8 * length)) | UInt64(length) << 56
    }

    private func find(_ key: UInt64) -> Int? {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count &- 1
            var slot = Int(truncatingIfNeeded: mixed(key)) & mask
            while slots[slot] != 0 {
                let place = Int(slots[slot]) &- 1
                if entries.keys[place] == key { return place }
                slot = (slot &+ 1) & mask
            }
            return nil
        }
    }
}

/// Adds up −log₂ of probabilities.
///
/// Probabilities are multiplied until the product is small, so that few logarithms are taken; those by a series of
/// plain arithmetic, as libraries differ in the last bit.
private struct BitSum {
    private var bits = 0.0
    private var product = 1.0

    mutating func add(_ probability: Double) {
        product *= probability
        if product < 1e-200 {
            bits += Self.bits(of: product)
            product = 1
        }
    }

    var total: Double { bits + Self.bits(of: product) }

    /// −log₂ of a normal number above 0: exponent and the series of artanh for the significand.
    private static func bits(of number: Double) -> Double {
        let t = (number.significand - 1) / (number.significand + 1)
        var power = t
        var sum = 0.0
        for odd in stride(from: 1.0, through: 31, by: 2) {
            sum += power / odd
            power *= t * t
        }
        return -(Double(number.exponent) + 2 * sum * 1.4426950408889634)
    }
}
