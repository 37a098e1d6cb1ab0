/// Tells which language a text is in, by a small linear model over character n-grams.
///
/// The model gives each of its n-grams (some ten thousand of `LanguageFeatures`) an 8-bit weight for each language;
/// a text's language is the one with the greatest sum. Sums are whole numbers, so the answer is the same everywhere.
/// Texts of more than 1,024 bytes are judged by four pieces of 256 bytes spread evenly over them.
public struct LanguageIdentifier: Sendable {
    /// The languages it knows, as primary language tags (ISO 639), sorted.
    public let languages: [String]
    /// What the model tells apart, sorted: languages, and some of them in a second script, such as `zh-Hant`.
    public let tags: [String]
    /// The place in ``languages`` of each tag's language.
    let languageOfTag: [Int]
    let features: FeatureIndex
    /// A row of weights for each feature, padded to whole vectors.
    let weights: [SIMD16<Int8>]
    let vectorsPerRow: Int

    /// The language of a text with its score.
    public func identify(_ text: [UInt8], using scratch: CleaningScratch = CleaningScratch()) -> LanguageGuess {
        // The rows lie in memory of the call's own: through the scratch each one would be a checked access.
        var rows = scratch.features
        scratch.features = []
        defer { scratch.features = rows }
        if rows.count < Self.rowsMax { rows = [UInt32](repeating: 0, count: Self.rowsMax) }
        return rows.withUnsafeMutableBufferPointer { rows in
            let count = text.withUnsafeBufferPointer { find(in: $0, rows) }
            return guess(sums(UnsafeBufferPointer(rebasing: rows[..<count])), featureCount: count)
        }
    }

    private static let sampleBytes = 1024
    private static let rowsMax = sampleBytes * LanguageFeatures.perCharacterMax

    /// Writes the rows of the model's n-grams in a text, and returns how many there are.
    private func find(in bytes: UnsafeBufferPointer<UInt8>, _ rows: UnsafeMutableBufferPointer<UInt32>) -> Int {
        var count = 0
        for piece in TextSample.ranges(of: bytes, bytes: Self.sampleBytes, pieces: 4) {
            let piece = UnsafeBufferPointer(rebasing: bytes[piece])
            LanguageFeatures.forEach(in: piece) { hash in
                guard let row = features.row(of: hash) else { return }
                rows[count] = row
                count &+= 1
            }
        }
        return count
    }

    /// The sum of weights for each tag.
    private func sums(_ rows: UnsafeBufferPointer<UInt32>) -> [Int] {
        var sums = [SIMD16<Int32>](repeating: .zero, count: vectorsPerRow)
        weights.withUnsafeBufferPointer { weights in
            var start = 0
            while start < rows.count {
                // So many 8-bit weights add up to 16 bits at most, and their rows stay in the nearest cache.
                let block = rows[start..<min(rows.count, start &+ 256)]
                for vector in 0..<vectorsPerRow {
                    var sum = SIMD16<Int16>.zero
                    for row in block {
                        sum &+= SIMD16<Int16>(truncatingIfNeeded: weights[Int(row) &* vectorsPerRow &+ vector])
                    }
                    sums[vector] &+= SIMD16<Int32>(truncatingIfNeeded: sum)
                }
                start &+= 256
            }
        }
        return tags.indices.map { Int(sums[$0 / 16][$0 % 16]) }
    }

    /// The answer for sums of weights: the best tag's language, with its share of the softmax over all tags.
    private func guess(_ sums: [Int], featureCount: Int) -> LanguageGuess {
        guard featureCount > 0, let best = sums.indices.max(by: { sums[$0] < sums[$1] }) else {
            return LanguageGuess(language: nil, tag: nil, score: 0)
        }
        let factor =
            min(Double(featureCount), LanguageGuess.surest) / Double(featureCount) * LanguageGuess.unit / 4
        var total = 0.0
        var own = 0.0
        for place in sums.indices {
            let share = LanguageGuess.exponential(Double(sums[place] - sums[best]) * factor)
            total += share
            if languageOfTag[place] == languageOfTag[best] { own += share }
        }
        return LanguageGuess(language: languages[languageOfTag[best]], tag: tags[best], score: own / total)
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

    /// e to the power of a number at most 0, by products alone: the same bits whatever the mathematics library.
    static func exponential(_ x: Double) -> Double {
        if x < -40 { return 0 }
        var power = 1 + x / 4096
        for _ in 0..<12 { power *= power }
        return power
    }
}

/// Finds the row of an n-gram's hash.
struct FeatureIndex: Sendable {
    private let keys: [UInt32]
    private let rows: [UInt16]
    private let mask: Int
    /// A bit for each beginning of a hash that a row may have: most n-grams of a text have none, and are told by this alone.
    private let marks: [UInt64]

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
        var marks = [UInt64](repeating: 0, count: 1 << 11)
        for hash in hashes.prefix(Int(UInt16.max)) { marks[Int(hash >> 21)] |= 1 << UInt64(hash >> 15 & 63) }
        self.marks = marks
        self.keys = keys
        self.rows = rows
        mask = size - 1
    }

    @inline(__always)
    func row(of hash: UInt32) -> UInt32? {
        let isMarked = marks.withUnsafeBufferPointer { $0[Int(hash &>> 21)] &>> UInt64(hash &>> 15 & 63) & 1 != 0 }
        if !isMarked { return nil }
        return keys.withUnsafeBufferPointer { keys in
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
