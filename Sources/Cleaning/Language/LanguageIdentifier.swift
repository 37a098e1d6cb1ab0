/// Tells which language a text is in, by a small linear model over character n-grams.
///
/// The model gives each of its n-grams (some ten thousand of ``LanguageFeatures``) an 8-bit weight for each language;
/// a text's language is the one with the greatest sum. Sums are whole numbers, so the answer is the same everywhere.
/// Texts of more than 4,096 bytes are judged by eight pieces of 512 bytes spread evenly over them.
public struct LanguageIdentifier: Sendable {
    /// The languages it knows, as primary language tags (ISO 639), sorted.
    public let languages: [String]
    /// What the model tells apart, sorted: languages, and some of them in a second script, such as `zh-Hant`.
    public let tags: [String]
    let features: FeatureIndex
    /// A row of weights for each feature, padded to whole vectors.
    let weights: [SIMD16<Int8>]
    let vectorsPerRow: Int

    /// The language of a text with its score.
    public func identify(_ text: [UInt8], using scratch: CleaningScratch = CleaningScratch()) -> LanguageGuess {
        scratch.features.removeAll(keepingCapacity: true)
        text.withUnsafeBufferPointer { bytes in
            for piece in TextSample.ranges(of: bytes) {
                let piece = UnsafeBufferPointer(rebasing: bytes[piece])
                LanguageFeatures.forEach(in: piece) { hash in
                    if let row = features.row(of: hash) { scratch.features.append(row) }
                }
            }
        }
        return LanguageGuess(sums: sums(scratch.features), featureCount: scratch.features.count, tags: tags)
    }

    /// The sum of weights for each tag.
    private func sums(_ rows: [UInt32]) -> [Int] {
        var sums = [SIMD16<Int32>](repeating: .zero, count: vectorsPerRow)
        weights.withUnsafeBufferPointer { weights in
            sums.withUnsafeMutableBufferPointer { sums in
                for row in rows {
                    let start = Int(row) &* vectorsPerRow
                    for vector in 0..<vectorsPerRow {
                        sums[vector] &+= SIMD16<Int32>(truncatingIfNeeded: weights[start &+ vector])
                    }
                }
            }
        }
        return tags.indices.map { Int(sums[$0 / 16][$0 % 16]) }
    }
}

/// The language that a text is likely in.
public struct LanguageGuess: Sendable, Equatable {
    /// The likeliest language; `nil` if the text has nothing that the model knows.
    public var language: String?
    /// The same with its script where the model knows the language in two, such as `zh-Hant`.
    public var tag: String?
    /// How sure the model is of the language, between 0 and 1; 0 without one.
    public var score: Double

    /// Texts of more n-grams than this are no surer than one of so many: neighbouring n-grams overlap.
    static let surest = 100.0
    /// What a weight of 1 is worth, in nats.
    static let unit = 6.0 / 127.0

    init(sums: [Int], featureCount: Int, tags: [String]) {
        guard featureCount > 0, let best = sums.indices.max(by: { sums[$0] < sums[$1] }) else {
            score = 0
            return
        }
        let factor = min(Double(featureCount), Self.surest) / Double(featureCount) * Self.unit / 4
        let language = primaryLanguage(of: tags[best])
        var total = 0.0
        var own = 0.0
        for place in sums.indices {
            let share = Self.exponential(Double(sums[place] - sums[best]) * factor)
            total += share
            if primaryLanguage(of: tags[place]) == language { own += share }
        }
        self.language = language
        tag = tags[best]
        score = own / total
    }

    /// e to the power of a number at most 0, by products alone: the same bits whatever the mathematics library.
    private static func exponential(_ x: Double) -> Double {
        var power = 1 + max(x, -40) / 4096
        for _ in 0..<12 { power *= power }
        return power
    }
}

/// Finds the row of an n-gram's hash.
struct FeatureIndex: Sendable {
    private let keys: [UInt32]
    private let rows: [UInt16]
    private let mask: Int

    /// The hashes of the rows, in the order of rows: different from each other, at most 65,535.
    init(_ hashes: [UInt32]) {
        var size = 1024
        while size < hashes.count * 4 { size *= 2 }
        var keys = [UInt32](repeating: 0, count: size)
        var rows = [UInt16](repeating: 0, count: size)
        for (row, hash) in hashes.prefix(Int(UInt16.max)).enumerated() {
            var place = Int(hash) & (size - 1)
            while rows[place] != 0 { place = (place + 1) & (size - 1) }
            keys[place] = hash
            rows[place] = UInt16(row + 1)
        }
        self.keys = keys
        self.rows = rows
        mask = size - 1
    }

    @inline(__always)
    func row(of hash: UInt32) -> UInt32? {
        keys.withUnsafeBufferPointer { keys in
            rows.withUnsafeBufferPointer { rows in
                var place = Int(hash) & mask
                while rows[place] != 0 {
                    if keys[place] == hash { return UInt32(rows[place]) &- 1 }
                    place = (place &+ 1) & mask
                }
                return nil
            }
        }
    }
}
