/// How a text becomes the set of features that near-duplicate detection compares: every run of `length` words or
/// characters, lower-cased, punctuation left out.
///
/// Words are what white space separates; in characters mode a stretch of white space is one space. A text with fewer
/// words or characters than `length` is one feature; one without any has none.
public struct Shingling: Sendable, Equatable {
    public enum Unit: String, Sendable, CaseIterable {
        case words, characters
    }

    public var unit: Unit
    /// Words or characters per feature.
    public var length: Int

    public init(_ unit: Unit, length: Int) {
        precondition(length > 0, "a shingle has a length")
        self.unit = unit
        self.length = length
    }

    /// Five words: for languages that separate words.
    public static let words = Shingling(.words, length: 5)
    /// Ten characters: for Chinese, Japanese, Thai and other languages that do not.
    public static let characters = Shingling(.characters, length: 10)
}

extension Shingling {
    /// The 64-bit hashes of all features in the text's order, repeats included.
    ///
    /// Units are hashed, then combined by a polynomial that is rolled along: the cost does not depend on `length`.
    func hashes(of text: [UInt8]) -> [UInt64] {
        let units = text.withUnsafeBufferPointer { unit == .words ? wordHashes($0) : characterHashes($0) }
        let count = min(length, units.count)
        guard count > 0 else { return [] }
        var leading: UInt64 = 1
        for _ in 0..<count { leading &*= Self.base }
        var rolling = units[..<count].reduce(0) { $0 &* Self.base &+ $1 }
        return [UInt64](unsafeUninitializedCapacity: units.count - count + 1) { buffer, filled in
            units.withUnsafeBufferPointer { units in
                buffer.initializeElement(at: 0, to: TextHash.mix(rolling))
                for next in count..<units.count {
                    rolling = rolling &* Self.base &+ units[next] &- leading &* units[next - count]
                    buffer.initializeElement(at: next - count + 1, to: TextHash.mix(rolling))
                }
            }
            filled = units.count - count + 1
        }
    }

    /// Odd, so that no power of it loses bits.
    private static let base: UInt64 = 0xD1B5_4A32_D192_ED03
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private func wordHashes(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        var hashes = [UInt64]()
        hashes.reserveCapacity(bytes.count / 6 + 1)
        var word: UInt64 = 0
        forEachFolded(bytes) { scalar in
            if scalar != ScalarFolding.space {
                word = (word ^ UInt64(scalar)) &* Self.step
                word ^= word >> 29
            } else if word != 0 {
                hashes.append(word)
                word = 0
            }
        }
        if word != 0 { hashes.append(word) }
        return hashes
    }

    private func characterHashes(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        var hashes = [UInt64]()
        hashes.reserveCapacity(bytes.count)
        var pendingSpace = false
        forEachFolded(bytes) { scalar in
            if scalar == ScalarFolding.space {
                pendingSpace = !hashes.isEmpty
                return
            }
            if pendingSpace {
                hashes.append(TextHash.mix(UInt64(ScalarFolding.space)))
                pendingSpace = false
            }
            hashes.append(TextHash.mix(UInt64(scalar)))
        }
        return hashes
    }

    /// Calls `body` with the folding of each character that is not left out.
    @inline(__always)
    private func forEachFolded(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (UInt32) -> Void) {
        ScalarFolding.table.withUnsafeBufferPointer { table in
            var index = 0
            while index < bytes.count {
                let scalar: UInt32
                if bytes[index] < 0x80 {
                    scalar = table[Int(bytes[index])]
                    index += 1
                } else {
                    let decoded = decodeScalar(bytes, &index)
                    scalar = decoded < 0x20000 ? table[Int(decoded)] : decoded
                }
                if scalar != ScalarFolding.ignored { body(scalar) }
            }
        }
    }
}
