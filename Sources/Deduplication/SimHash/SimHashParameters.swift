import Diagnostics

/// How texts are fingerprinted, and how near two fingerprints must be.
public struct SimHashParameters: Sendable, Equatable {
    /// The features whose bits vote.
    public var shingling: Shingling
    /// Two texts are near-duplicates if their fingerprints differ in at most this many of 64 bits.
    public var distanceMax: Int
    /// The parts of a fingerprint by which pairs are found: more than `distanceMax`, so that some part is always equal.
    public var blocks: Int

    /// Throws a `Diagnostic` for values out of range. The defaults are ROOTS' for English; other languages took characters.
    public init(
        shingling: Shingling = Shingling(.words, length: 6), distanceMax: Int = 4, blocks: Int = 6
    ) throws(Diagnostic) {
        guard (0...15).contains(distanceMax) else {
            throw Diagnostic(
                "simhash.distance", "this distance is out of range", at: .init(key: "distance"), expected: "0 to 15",
                found: "\(distanceMax)")
        }
        guard blocks > distanceMax, blocks <= 16 else {
            throw Diagnostic(
                "simhash.blocks", "a fingerprint needs more blocks than bits may differ", at: .init(key: "blocks"),
                expected: "\(distanceMax + 1) to 16", found: "\(blocks)")
        }
        self.shingling = shingling
        self.distanceMax = distanceMax
        self.blocks = blocks
    }
}
