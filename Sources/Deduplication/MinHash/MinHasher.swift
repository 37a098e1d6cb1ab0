import CSketch

/// Makes signatures: for each permutation h ↦ a·h + b mod 2^32 (a odd), the least value over the text's features.
///
/// A feature's 64-bit hash gives the upper 32 bits to the permutations: sets of up to some 10^8 features are estimated
/// without noticeable bias. Broder, "On the resemblance and containment of documents" (1997).
public struct MinHasher: Sendable {
    public let parameters: MinHashParameters
    /// Padded with copies of the first to whole blocks of the kernel.
    private let multipliers: [UInt32]
    private let increments: [UInt32]

    public init(_ parameters: MinHashParameters) {
        var state = parameters.seed
        func next() -> UInt32 {
            // SplitMix64 (Steele, Lea, Flood 2014).
            state &+= 0x9E37_79B9_7F4A_7C15
            var x = state
            x = (x ^ x >> 30) &* 0xBF58_476D_1CE4_E5B9
            x = (x ^ x >> 27) &* 0x94D0_49BB_1331_11EB
            return UInt32(truncatingIfNeeded: (x ^ x >> 31) >> 32)
        }
        let pairs = (0..<parameters.permutations).map { _ in (next() | 1, next()) }
        self.init(parameters, multipliers: pairs.map(\.0), increments: pairs.map(\.1))
    }

    /// Takes the permutations themselves, `permutations` of each.
    init(_ parameters: MinHashParameters, multipliers: [UInt32], increments: [UInt32]) {
        precondition(multipliers.count == parameters.permutations && increments.count == parameters.permutations)
        let block = SERRE_SKETCH_BLOCK
        let padding = (block - parameters.permutations % block) % block
        self.parameters = parameters
        self.multipliers = multipliers + [UInt32](repeating: 1, count: padding)
        self.increments = increments + [UInt32](repeating: 0, count: padding)
    }

    /// The signature of a text; `nil` for a text without a word or character.
    public func signature(of text: [UInt8]) -> MinHashSignature? {
        let hashes = parameters.shingling.hashes(of: text)
        return hashes.isEmpty ? nil : signature(ofHashes: hashes.map { UInt32(truncatingIfNeeded: $0 >> 32) })
    }

    /// The signature of a set of hashed features.
    func signature(ofHashes hashes: [UInt32]) -> MinHashSignature {
        var minima = [UInt32](repeating: .max, count: multipliers.count)
        serre_minhash_update(&minima, multipliers, increments, multipliers.count, hashes, hashes.count)
        minima.removeLast(multipliers.count - parameters.permutations)
        return MinHashSignature(values: minima)
    }
}

/// The sketch of a text: one value for each permutation.
public struct MinHashSignature: Sendable, Equatable {
    public let values: [UInt32]

    public init(values: [UInt32]) { self.values = values }

    /// The estimated Jaccard similarity: the share of values that agree.
    public func similarity(to other: MinHashSignature) -> Double {
        precondition(values.count == other.values.count, "signatures of one hasher")
        let equal = zip(values, other.values).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
        return Double(equal) / Double(values.count)
    }
}
