import Recipes

/// Ranks that act together.
public enum Group: String, Sendable, Equatable, CaseIterable {
    /// Ranks that share layers: same pipeline and data coordinate.
    case tensor
    /// Replicas: same pipeline and tensor coordinate.
    case data
    /// First and last stage, which both hold the tied embedding.
    case tied
    /// One whole replica: same data coordinate.
    case replica
}

/// An exchange among a group whose result follows the trees of A4, never the arrival of messages.
public struct CollectiveOperation: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
        /// Every member gets the tree sum of all contributions.
        case allReduceSum
        /// Every member gets the owner's bits (A9).
        case allReduceOr
        case allReduceMax
        /// Member i gets chunk i of the tree sum.
        case reduceScatter
        /// Member i gets chunk i of the owner's bits (A9).
        case reduceScatterOr
        /// Every member gets every member's chunk.
        case allGather
    }
    public var kind: Kind
    public var group: Group
    /// Elements of the whole vector.
    public var count: Int
    /// Equal parts of the vector, each of which is cut alike: the samples of a micro-batch that is split by its sequence.
    public var blocks: Int
    /// Chunk i is the elements [cuts[i], cuts[i + 1]) of every block, and belongs to member i.
    public var cuts: [Int]

    public init(_ kind: Kind, _ group: Group, count: Int, blocks: Int = 1, cuts: [Int]) {
        self.kind = kind
        self.group = group
        self.count = count
        self.blocks = blocks
        self.cuts = cuts
    }

    /// Elements of a member's chunk.
    public func chunkCount(_ member: Int) -> Int { blocks * (cuts[member + 1] - cuts[member]) }

    /// Whether a member gets its own chunk of the result only.
    public var scatters: Bool { kind == .reduceScatter || kind == .reduceScatterOr }

    /// The largest chunk's elements.
    public var largestChunk: Int { blocks * (zip(cuts.dropFirst(), cuts).map { $0 - $1 }.max() ?? 0) }
}

extension Group {
    /// The group's ranks in order, for the rank at `coordinate`.
    public func members(of coordinate: Coordinate, in layout: Layout) -> [Int] {
        func rank(tensor: Int? = nil, data: Int? = nil, pipeline: Int? = nil) -> Int {
            Coordinate(
                tensor: tensor ?? coordinate.tensor, data: data ?? coordinate.data,
                pipeline: pipeline ?? coordinate.pipeline
            ).rank(in: layout)
        }
        switch self {
        case .tensor: return (0..<layout.tensor).map { rank(tensor: $0) }
        case .data: return (0..<layout.data).map { rank(data: $0) }
        case .tied: return [rank(pipeline: 0), rank(pipeline: layout.pipeline - 1)]
        case .replica:
            return (0..<layout.pipeline).flatMap { p in (0..<layout.tensor).map { rank(tensor: $0, pipeline: p) } }
        }
    }
}
