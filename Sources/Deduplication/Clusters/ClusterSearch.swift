/// Clusters that grow from verified pairs, with a reason for every member.
///
/// Members are ranks `0..<count` in the order of document numbers.
struct ClusterSearch {
    private var clusters: DocumentClusters
    /// For each member the first one that it was found to resemble, or −1; and how much.
    private var resembles: [Int]
    private var similarity: [Double]
    private let comparisonsMax: Int
    private(set) var comparisons = 0
    private(set) var comparisonsLeftOut = 0

    init(count: Int, comparisonsMax: Int) {
        clusters = DocumentClusters(count: count)
        resembles = [Int](repeating: -1, count: count)
        similarity = [Double](repeating: 0, count: count)
        self.comparisonsMax = comparisonsMax
    }

    /// Verifies the pairs of a bucket that are not of one cluster yet; `compare` gives the similarity of those that are
    /// near-duplicates.
    mutating func examine(_ bucket: [Int], compare: (Int, Int) -> Double?) {
        for place in bucket.indices.dropFirst() {
            let first = max(0, place - comparisonsMax)
            comparisonsLeftOut += first
            for earlier in first..<place {
                let (a, b) = (bucket[earlier], bucket[place])
                if clusters.smallest(of: a) == clusters.smallest(of: b) { continue }
                comparisons += 1
                if let similarity = compare(a, b) { join(a, b, similarity) }
            }
        }
    }

    /// Joins the clusters of two members that are near-duplicates.
    mutating func join(_ a: Int, _ b: Int, _ similarity: Double) {
        guard clusters.join(a, b) else { return }
        for (member, other) in [(a, b), (b, a)] where resembles[member] < 0 {
            resembles[member] = other
            self.similarity[member] = similarity
        }
    }

    /// Every member that is not the smallest of its cluster, ascending; `document` gives a rank's document number.
    mutating func duplicates(document: (Int) -> DocumentNumber) -> [NearDuplicate] {
        var duplicates = [NearDuplicate]()
        for member in resembles.indices {
            let original = clusters.smallest(of: member)
            if original == member { continue }
            duplicates.append(
                NearDuplicate(
                    document: document(member), original: document(original), resembles: document(resembles[member]),
                    similarity: similarity[member]))
        }
        return duplicates
    }
}
