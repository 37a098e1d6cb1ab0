import Integrity

/// What a document is for: to learn from, or to measure on.
public enum Split: String, Codable, Sendable, CaseIterable {
    case train, validation

    /// A document's share number 0…99, decided by its text alone: the first 8 bytes of its digest, big end first, modulo 100.
    static func share(of digest: Digest) -> Int {
        Int(digest.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100)
    }

    /// The least share number that sends a document to validation: about one document in twenty.
    static let validationThreshold = 95

    /// The splits of one language's distinct documents, in their order.
    ///
    /// A document's own digest decides, so adding documents moves no others, with two exceptions that keep both sides inhabited:
    /// two or more documents give at least one to validation (the largest share) and always leave at least one to train (the
    /// smallest share); equal shares are told apart by digest.
    static func assign(_ digests: [Digest]) -> [Split] {
        var splits: [Split] = digests.map { share(of: $0) >= validationThreshold ? .validation : .train }
        let order = digests.indices.sorted {
            (share(of: digests[$0]), digests[$0]) < (share(of: digests[$1]), digests[$1])
        }
        guard let least = order.first, let greatest = order.last else { return [] }
        if greatest != least { splits[greatest] = .validation }
        splits[least] = .train
        return splits
    }
}
