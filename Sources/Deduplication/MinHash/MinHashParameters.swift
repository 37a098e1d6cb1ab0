import Diagnostics

/// How texts are sketched, which pairs are looked at, and how alike they must be.
public struct MinHashParameters: Sendable, Equatable {
    /// The features that are compared.
    public var shingling: Shingling
    /// Values in a signature; the estimate of a similarity s has the standard deviation √(s(1 − s) / permutations).
    public var permutations: Int
    /// Bands of the signature: two texts are compared if they agree in all rows of one band.
    public var bands: Int
    /// Values in a band; `bands · rows` is at most `permutations`.
    public var rows: Int
    /// The estimated Jaccard similarity of features from which on two texts are near-duplicates.
    public var threshold: Double
    /// Chooses the permutations.
    public var seed: UInt64

    /// Throws a `Diagnostic` for values out of range.
    public init(
        shingling: Shingling = .words, permutations: Int = 128, bands: Int = 21, rows: Int = 6, threshold: Double = 0.7,
        seed: UInt64 = 1
    ) throws(Diagnostic) {
        func check(_ holds: Bool, _ key: String, _ expected: String, _ found: String) throws(Diagnostic) {
            guard !holds else { return }
            throw Diagnostic(
                "minhash.\(key)", "this parameter is out of range", at: .init(key: key), expected: expected,
                found: found)
        }
        try check((1...4096).contains(permutations), "permutations", "1 to 4096", "\(permutations)")
        try check(bands > 0 && bands <= permutations, "bands", "1 to \(permutations)", "\(bands)")
        try check(rows > 0 && rows <= permutations / bands, "rows", "1 to permutations / bands", "\(rows)")
        try check(threshold > 0 && threshold <= 1, "threshold", "above 0, at most 1", "\(threshold)")
        self.shingling = shingling
        self.permutations = permutations
        self.bands = bands
        self.rows = rows
        self.threshold = threshold
        self.seed = seed
    }

    /// The probability that two texts of a Jaccard similarity are looked at: 1 − (1 − s^rows)^bands.
    public func candidateProbability(similarity: Double) -> Double {
        func power(_ base: Double, _ exponent: Int) -> Double {
            (0..<exponent).reduce(1) { product, _ in product * base }
        }
        return 1 - power(1 - power(similarity, rows), bands)
    }
}
