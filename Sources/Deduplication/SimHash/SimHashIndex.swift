/// Finds every pair of fingerprints within a Hamming distance, by the pigeonhole: of `blocks` parts at most `distanceMax`
/// are touched, so that at least `blocks − distanceMax` are equal, and each choice of that many parts is looked at.
///
/// Six blocks and distance 4 are 15 searches by 21 or 22 bits. Manku, Jain, Sarma, "Detecting near-duplicates for web
/// crawling" (2007). The order of additions cannot matter. Memory: 16 bytes per document; finding takes 64 more.
public struct SimHashIndex: Sendable {
    public let parameters: SimHashParameters
    private var fingerprints = [UInt64]()
    private var documents = [DocumentNumber]()

    public init(_ parameters: SimHashParameters) { self.parameters = parameters }

    /// The fingerprints in the index.
    public var count: Int { documents.count }

    /// Adds the fingerprint of a document, whose number is given once only.
    public mutating func add(_ fingerprint: UInt64, document: DocumentNumber) {
        fingerprints.append(fingerprint)
        documents.append(document)
    }

    /// Adds what another index of the same parameters holds.
    public mutating func merge(_ other: SimHashIndex) {
        precondition(parameters == other.parameters, "indices of the same parameters")
        fingerprints.append(contentsOf: other.fingerprints)
        documents.append(contentsOf: other.documents)
    }

    /// The near-duplicates among all documents added, by ascending number.
    public func nearDuplicates() -> [NearDuplicate] {
        let slots = documents.indices.sorted { documents[$0] < documents[$1] }
        var search = ClusterSearch(count: slots.count, comparisonsMax: .max)
        let unique = uniqueFingerprints(slots, &search)
        forEachNearPair(unique.map(\.fingerprint)) { a, b, distance in
            search.join(unique[a].rank, unique[b].rank, Self.similarity(distance))
        }
        return search.duplicates { documents[slots[$0]] }
    }

    private static func similarity(_ distance: Int) -> Double { 1 - Double(distance) / 64 }

    /// One rank for each fingerprint, the smallest; the others are joined to it.
    private func uniqueFingerprints(
        _ slots: [Int], _ search: inout ClusterSearch
    ) -> [(fingerprint: UInt64, rank: Int)] {
        let ordered = slots.indices.map { (fingerprint: fingerprints[slots[$0]], rank: $0) }
            .sorted { $0.fingerprint != $1.fingerprint ? $0.fingerprint < $1.fingerprint : $0.rank < $1.rank }
        var unique = [(fingerprint: UInt64, rank: Int)]()
        for entry in ordered {
            if let last = unique.last, last.fingerprint == entry.fingerprint {
                search.join(last.rank, entry.rank, 1)
            } else {
                unique.append(entry)
            }
        }
        return unique
    }

    /// Calls `body` once for each pair within the distance, given distinct fingerprints.
    func forEachNearPair(_ fingerprints: [UInt64], _ body: (Int, Int, Int) -> Void) {
        let masks = Self.masks(blocks: parameters.blocks, chosen: parameters.blocks - parameters.distanceMax)
        for (table, mask) in masks.enumerated() {
            Buckets(count: fingerprints.count) { fingerprints[$0] & mask }.forEach { bucket in
                for place in bucket.indices {
                    for other in place + 1..<bucket.count {
                        let difference = fingerprints[bucket[place]] ^ fingerprints[bucket[other]]
                        let distance = difference.nonzeroBitCount
                        guard distance <= parameters.distanceMax else { continue }
                        // An earlier table that agrees as well has given this pair already.
                        if masks[..<table].contains(where: { difference & $0 == 0 }) { continue }
                        body(bucket[place], bucket[other], distance)
                    }
                }
            }
        }
    }

    /// One mask for each choice of `chosen` of the blocks, which share 64 bits as evenly as they can.
    static func masks(blocks: Int, chosen: Int) -> [UInt64] {
        let parts = (0..<blocks).map { block in
            (block * 64 / blocks..<(block + 1) * 64 / blocks).reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        }
        return (0..<1 << blocks).filter { $0.nonzeroBitCount == chosen }.map { choice in
            (0..<blocks).reduce(0) { choice >> $1 & 1 == 1 ? $0 | parts[$1] : $0 }
        }
    }
}
