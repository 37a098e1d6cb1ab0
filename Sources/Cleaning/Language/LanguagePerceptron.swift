/// Moves the weights of a language model until samples are told right with some margin.
///
/// An averaged perceptron (Freund and Schapire 1999) in whole numbers: weights are kept in 64ths, samples come in a fixed
/// order, so the same samples give the same weights anywhere. It starts at the naive Bayes weights, and matters for close
/// pairs such as Danish and Norwegian, where naive Bayes counts the same evidence several times.
struct LanguagePerceptron {
    private let classes: Int
    private let index: FeatureIndex
    /// Weights in 64ths, a row of ``classes`` for each feature, and the sum of changes times the step of each change.
    private var weights: [Int32]
    private var changes: [Int64]
    private var step: Int64 = 1

    static let scale: Int32 = 64
    /// A change of a weight, in 64ths.
    private static let rate: Int32 = 16
    /// How much the right class must lead, in whole weights for each n-gram of the sample.
    private static let margin = 3

    init(rows: [Int8], classes: Int, hashes: [UInt32]) {
        self.classes = classes
        index = FeatureIndex(hashes)
        weights = rows.map { Int32($0) * Self.scale }
        changes = [Int64](repeating: 0, count: rows.count)
    }

    /// Trains on samples of each class: one of each class in turn, `rounds` times over.
    mutating func train(on samples: [[[UInt8]]], rounds: Int) {
        let features = samples.map { $0.map { rows(of: $0) } }
        let longest = features.map(\.count).max() ?? 0
        for _ in 0..<rounds {
            for turn in 0..<longest {
                for (place, own) in features.enumerated() where !own.isEmpty {
                    learn(own[turn % own.count], place)
                }
            }
        }
    }

    /// The averaged weights, rounded to 8 bits.
    var rounded: [Int8] {
        weights.indices.map { place in
            let average = Double(weights[place]) - Double(changes[place]) / Double(step)
            return Int8(max(-127, min(127, (average / Double(Self.scale)).rounded())))
        }
    }

    private func rows(of sample: [UInt8]) -> [UInt16] {
        var rows: [UInt16] = []
        sample.withUnsafeBufferPointer { bytes in
            LanguageFeatures.forEach(in: bytes) { hash in
                if let row = index.row(of: hash) { rows.append(UInt16(row)) }
            }
        }
        return rows
    }

    private mutating func learn(_ features: [UInt16], _ right: Int) {
        var sums = [Int32](repeating: 0, count: classes)
        weights.withUnsafeBufferPointer { weights in
            sums.withUnsafeMutableBufferPointer { sums in
                for feature in features {
                    let start = Int(feature) &* sums.count
                    for place in 0..<sums.count { sums[place] &+= weights[start &+ place] }
                }
            }
        }
        var best = right == 0 ? 1 : 0
        for place in 0..<classes where place != right && sums[place] > sums[best] { best = place }
        step += 1
        let margin = features.count * Self.margin * Int(Self.scale)
        guard best < classes, Int(sums[right] - sums[best]) < margin else { return }
        for feature in features {
            change(Int(feature) * classes + right, by: Self.rate)
            change(Int(feature) * classes + best, by: -Self.rate)
        }
    }

    private mutating func change(_ place: Int, by rate: Int32) {
        weights[place] &+= rate
        changes[place] &+= Int64(rate) &* step
    }
}

/// Cuts training text into samples.
enum LanguageSamples {
    static let bytes = 300
    /// Samples of a language at most, spread over its text.
    static let countMax = 2000

    /// Pieces of some 300 bytes that begin and end at line ends or spaces.
    static func cut(_ text: [UInt8]) -> [[UInt8]] {
        let stride = max(bytes, text.count / countMax)
        var samples: [[UInt8]] = []
        var start = 0
        while start + bytes <= text.count {
            var end = start + bytes
            while end < text.count, text[end] != 0x20, text[end] != 0x0A {
                if text[end] & 0xC0 != 0x80, end >= start + 2 * bytes { break }
                end += 1
            }
            samples.append(Array(text[start..<end]))
            start = max(end, start + stride)
            while start < text.count, text[start] & 0xC0 == 0x80 { start += 1 }
        }
        return samples
    }
}
