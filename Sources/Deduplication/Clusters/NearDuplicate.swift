/// A document that repeats an earlier one, nearly: it goes, and the smallest number of its cluster stays.
public struct NearDuplicate: Sendable, Equatable {
    /// The document to leave out.
    public var document: DocumentNumber
    /// The one that stays: the smallest number of the cluster. A chain of likenesses may lead from one to the other.
    public var original: DocumentNumber
    /// The document that it was found to resemble, for explanations: `original` or another of the cluster.
    public var resembles: DocumentNumber
    /// How much: the estimated Jaccard similarity, or 1 − distance / 64 for SimHash.
    public var similarity: Double

    public init(document: DocumentNumber, original: DocumentNumber, resembles: DocumentNumber, similarity: Double) {
        self.document = document
        self.original = original
        self.resembles = resembles
        self.similarity = similarity
    }
}
