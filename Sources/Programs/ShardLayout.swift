import Recipes

/// Where a rank's parameters lie in its flat buffers, and which part of them it updates.
///
/// `parameters`, `gradients` and the two moments are flat buffers of one layout: the tied embedding first (where the
/// stage holds it), then the other parameters in model order, each as its local segments, row-major.
public struct ShardLayout: Sendable, Equatable {
    public var entries: [Entry]
    /// Elements of the tied embedding at the start; 0 where the stage does not hold it, or where the head has its own.
    public var embeddingCount: Int
    /// All elements.
    public var count: Int
    /// Cuts of the embedding region into the shares of the data ranks (all of it to each when ZeRO is off).
    public var embeddingCuts: [Int]
    /// Cuts of the remaining region, counted from the buffer's start.
    public var restCuts: [Int]
    /// The ranges that this rank updates, each within one parameter's segment and starting at a block boundary.
    public var owned: [OwnedRange]

    /// A parameter's local part.
    public struct Entry: Sendable, Equatable {
        public var parameter: ParameterSpec
        /// Place in model order.
        public var modelIndex: Int
        /// Segments of the parameter held here, as indices among all its segments.
        public var segments: Range<Int>
        /// Elements of one segment.
        public var segmentCount: Int
        /// First element in the flat buffers.
        public var offset: Int
        public var count: Int { segments.count * segmentCount }
        /// First element in the whole tensor, row-major.
        public var globalOffset: Int { segments.lowerBound * segmentCount }
    }

    /// A run of whole A11 blocks of one segment of one parameter.
    public struct OwnedRange: Sendable, Equatable {
        /// Index into ``ShardLayout/entries``.
        public var entry: Int
        /// Segment of the parameter, counted over the whole tensor.
        public var segment: Int
        /// First block within the segment.
        public var block: Int
        /// Elements in the flat buffers.
        public var offset: Int
        public var count: Int
        /// The elements of the flat buffers.
        public var elements: Range<Int> { offset..<(offset + count) }
        public var blocks: Int { (count + ShardLayout.blockElements - 1) / ShardLayout.blockElements }
    }

    /// Elements of a block (A11).
    public static let blockElements = 4096

    /// Lays out a stage's parameters, given in model order with their places in it, for the rank at `coordinate`.
    public init(parameters: [(index: Int, spec: ParameterSpec)], recipe: Recipe, coordinate: Coordinate) {
        let layout = recipe.layout
        var entries: [Entry] = []
        var offset = 0
        for (index, spec) in parameters {
            let total = spec.segmentCount(recipe.segments)
            let perRank = spec.sharding == .rows ? total / layout.tensor : 1
            let first = spec.sharding == .rows ? coordinate.tensor * perRank : 0
            entries.append(
                Entry(
                    parameter: spec, modelIndex: index, segments: first..<(first + perRank),
                    segmentCount: spec.count / total, offset: offset))
            offset += perRank * (spec.count / total)
        }
        self.entries = entries
        count = offset
        embeddingCount =
            entries.first.map { recipe.model.tiedHead && $0.modelIndex == 0 ? $0.count : 0 } ?? 0
        let shares = layout.zero == 0 ? 1 : layout.data
        embeddingCuts = Self.cuts(entries, within: 0..<embeddingCount, into: shares)
        restCuts = Self.cuts(entries, within: embeddingCount..<count, into: shares)
        let share = layout.zero == 0 ? 0 : coordinate.data
        owned = [embeddingCuts, restCuts].flatMap { cuts in
            Self.ranges(entries, within: cuts[share]..<cuts[share + 1])
        }
    }

    /// The owned ranges of another share, for reading what its rank sends.
    public func owned(byShare share: Int) -> [OwnedRange] {
        [embeddingCuts, restCuts].flatMap { Self.ranges(entries, within: $0[share]..<$0[share + 1]) }
    }

    /// The parameter's local part, by name.
    public func entry(named name: String) -> Entry? { entries.first { $0.parameter.name == name } }

    /// Cuts `range` into nearly equal shares at block boundaries.
    static func cuts(_ entries: [Entry], within range: Range<Int>, into shares: Int) -> [Int] {
        var cuts = [range.lowerBound]
        for share in 1..<max(shares, 1) {
            let target = range.lowerBound + range.count * share / shares
            cuts.append(min(max(boundary(entries, atOrAfter: target), cuts[share - 1]), range.upperBound))
        }
        return cuts + [range.upperBound]
    }

    private static func boundary(_ entries: [Entry], atOrAfter target: Int) -> Int {
        guard let entry = entries.last(where: { $0.offset <= target }), target < entry.offset + entry.count else {
            return target
        }
        let inSegment = (target - entry.offset) % entry.segmentCount
        let segmentStart = target - inSegment
        let block = (inSegment + blockElements - 1) / blockElements * blockElements
        return segmentStart + min(block, entry.segmentCount)
    }

    private static func ranges(_ entries: [Entry], within range: Range<Int>) -> [OwnedRange] {
        var result: [OwnedRange] = []
        for (index, entry) in entries.enumerated() {
            for segment in entry.segments {
                let start = entry.offset + (segment - entry.segments.lowerBound) * entry.segmentCount
                let part = range.clamped(to: start..<(start + entry.segmentCount))
                guard !part.isEmpty else { continue }
                result.append(
                    OwnedRange(
                        entry: index, segment: segment, block: (part.lowerBound - start) / blockElements,
                        offset: part.lowerBound, count: part.count))
            }
        }
        return result
    }
}
