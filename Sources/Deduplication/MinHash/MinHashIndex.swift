/// Finds near-duplicates among signatures by locality-sensitive hashing: pairs that agree in all rows of a band are
/// verified by their signatures, and those at the threshold or above form clusters.
///
/// ```swift
/// let hasher = MinHasher(try MinHashParameters())
/// var index = MinHashIndex(hasher.parameters)
/// for (number, text) in texts.enumerated() {
///     if let signature = hasher.signature(of: text) { index.add(signature, document: number) }
/// }
/// for duplicate in index.nearDuplicates().duplicates { … }
/// ```
///
/// The order of additions cannot matter. Memory: 4 bytes for each permutation of a document (512 for 128) and 24 more;
/// finding the duplicates takes another 40 bytes per document. Bands are looked at one after the other.
public struct MinHashIndex: Sendable {
    /// A document is compared with at most this many of the documents before it in a bucket (those nearest to it): a bucket
    /// of many unlike documents would otherwise take time that grows with its square.
    public static let comparisonsMax = 256

    public let parameters: MinHashParameters
    /// `count · permutations` values.
    private var values = [UInt32]()
    private var documents = [DocumentNumber]()

    public init(_ parameters: MinHashParameters) { self.parameters = parameters }

    /// The signatures in the index.
    public var count: Int { documents.count }

    /// Adds the signature of a document, whose number is given once only.
    public mutating func add(_ signature: MinHashSignature, document: DocumentNumber) {
        precondition(signature.values.count == parameters.permutations, "a signature of the index's parameters")
        values.append(contentsOf: signature.values)
        documents.append(document)
    }

    /// Adds what another index of the same parameters holds.
    public mutating func merge(_ other: MinHashIndex) {
        precondition(parameters == other.parameters, "indices of the same parameters")
        values.append(contentsOf: other.values)
        documents.append(contentsOf: other.documents)
    }

    /// What a search found.
    public struct Result: Sendable, Equatable {
        /// The documents to leave out, by ascending number.
        public var duplicates: [NearDuplicate]
        /// The pairs whose signatures were compared.
        public var comparisons: Int
        /// The pairs that were not, for ``MinHashIndex/comparisonsMax``.
        public var comparisonsLeftOut: Int
    }

    /// The near-duplicates among all documents added.
    public func nearDuplicates() -> Result {
        // Slots by ascending document number: what follows works with ranks in that order.
        let slots = documents.indices.sorted { documents[$0] < documents[$1] }
        var search = ClusterSearch(count: slots.count, comparisonsMax: Self.comparisonsMax)
        let equalMin = equalValuesMin
        values.withUnsafeBufferPointer { values in
            for band in 0..<parameters.bands {
                let buckets = Buckets(count: slots.count) { bandHash(values, slot: slots[$0], band: band) }
                buckets.forEach { bucket in
                    search.examine(bucket) { a, b in
                        let equal = equalValues(values, slots[a], slots[b])
                        return equal >= equalMin ? Double(equal) / Double(parameters.permutations) : nil
                    }
                }
            }
        }
        return Result(
            duplicates: search.duplicates { documents[slots[$0]] }, comparisons: search.comparisons,
            comparisonsLeftOut: search.comparisonsLeftOut)
    }

    /// The fewest equal values whose share reaches the threshold.
    private var equalValuesMin: Int {
        (0...parameters.permutations).first { Double($0) / Double(parameters.permutations) >= parameters.threshold }
            ?? parameters.permutations
    }

    private func bandHash(_ values: UnsafeBufferPointer<UInt32>, slot: Int, band: Int) -> UInt64 {
        let start = slot * parameters.permutations + band * parameters.rows
        return TextHash.hash(values.raw(start..<start + parameters.rows))
    }

    private func equalValues(_ values: UnsafeBufferPointer<UInt32>, _ a: Int, _ b: Int) -> Int {
        let count = parameters.permutations
        let (a, b) = (values.baseAddress! + a * count, values.baseAddress! + b * count)
        var equal = 0
        for index in 0..<count { equal &+= a[index] == b[index] ? 1 : 0 }
        return equal
    }
}
