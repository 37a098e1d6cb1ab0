import Integrity

/// Which documents of a language are held out: decided by each text's digest, so that adding documents moves no others.
///
/// Two exceptions keep both sides inhabited: of two or more documents of a language the one with the largest share number is
/// held out, and the one with the smallest is not. A share of 0 holds nothing out.
struct SplitRule: Sendable {
    let validationShare: Double
    let seed: UInt64

    private static let shares: UInt64 = 1_000_000

    /// A document's share number, 0..<1,000,000.
    func share(of digest: Digest) -> UInt64 {
        var bytes = digest.bytes
        if seed != 0 {
            var hash = SHA256()
            hash.update((0..<8).map { UInt8(truncatingIfNeeded: seed >> (8 * UInt64($0))) })
            hash.update(bytes)
            bytes = hash.finish().bytes
        }
        return bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % Self.shares
    }

    /// The split of a document of a language with the given extremes.
    func split(of digest: Digest, _ extremes: Extremes) -> Split {
        guard validationShare > 0 else { return .train }
        if extremes.count > 1, extremes.greatest?.digest == digest { return .validation }
        if extremes.least?.digest == digest { return .train }
        let threshold = Double(Self.shares) * (1 - validationShare)
        return Double(share(of: digest)) >= threshold ? .validation : .train
    }

    /// The documents of a language with the least and the greatest share numbers; equal ones are told apart by digest.
    struct Extremes: Sendable {
        fileprivate(set) var count = 0
        fileprivate var least: (share: UInt64, digest: Digest)?
        fileprivate var greatest: (share: UInt64, digest: Digest)?

        mutating func add(_ digest: Digest, _ rule: SplitRule) {
            let own = (share: rule.share(of: digest), digest: digest)
            count += 1
            if let present = least, present <= own {} else { least = own }
            if let present = greatest, present >= own {} else { greatest = own }
        }
    }
}
