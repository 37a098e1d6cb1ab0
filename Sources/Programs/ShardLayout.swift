import Recipes

/// Where a rank's parameters lie in its flat buffers, and which part of them it updates.
///
/// A flat buffer has the embedding first (where the stage holds the tied one), then the other parameters in model order, each
/// as its local segments, row-major. It is divided into regions whose shares belong to the data ranks: two regions, or one
/// per layer where gradients or parameters are sharded too, so that each can travel by itself.
public struct ShardLayout: Sendable, Equatable {
    public var entries: [Entry]
    /// Elements of the tied embedding at the start; 0 where the stage does not hold it or it is not tied.
    public var embeddingCount: Int
    /// All elements.
    public var count: Int
    /// In the order of the flat buffers.
    public var regions: [Region]
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

    /// Neighbouring parameters whose shares are exchanged together.
    public struct Region: Sendable, Equatable {
        /// Which part of the model it is; `nil` for all but the tied embedding together, where nothing is exchanged by parts.
        public var unit: ModelParameters.Unit?
        /// Elements of the flat buffers.
        public var elements: Range<Int>
        /// Cuts of the elements into shares, as places in the flat buffers.
        public var cuts: [Int]
        /// Where each share begins in a buffer that holds nothing but that share of every region.
        public var packed: [Int]

        /// The elements of a share.
        public func share(_ share: Int) -> Range<Int> { cuts[share]..<cuts[share + 1] }
    }

    /// A run of whole A11 blocks of one segment of one parameter.
    public struct OwnedRange: Sendable, Equatable {
        /// Index into ``ShardLayout/entries``.
        public var entry: Int
        /// Segment of the parameter, counted over the whole tensor.
        public var segment: Int
        /// First block within the segment.
        public var block: Int
        /// First element in the flat buffers, and in buffers that hold the owned ranges one after the other.
        public var offset: Int
        public var packed: Int
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
        embeddingCount = recipe.model.tiedHead && entries.first?.modelIndex == 0 ? entries[0].count : 0
        let shares = layout.zero == 0 ? 1 : layout.data
        regions = Self.regions(
            entries, ModelParameters.Places(recipe.model), embeddingCount, layout.stridesLanes, shares)
        owned = Self.owned(entries, regions, share: layout.zero == 0 ? 0 : coordinate.data)
    }

    /// No parameters: what programs of another engine's style have, since nobody reads theirs.
    static let empty = ShardLayout()

    private init() {
        (entries, regions, owned) = ([], [], [])
        (embeddingCount, count) = (0, 0)
    }

    /// The owned ranges of another share, for reading what its rank sends.
    public func owned(byShare share: Int) -> [OwnedRange] { Self.owned(entries, regions, share: share) }

    /// Elements that this rank updates.
    public var ownedCount: Int { owned.reduce(0) { $0 + $1.count } }

    /// The parameter's local part, by name.
    public func entry(named name: String) -> Entry? { entries.first { $0.parameter.name == name } }

    /// The region that each entry lies in: both follow each other in the flat buffers.
    var regionsOfEntries: [Int] {
        var region = 0
        return entries.map { entry in
            while region + 1 < regions.count, regions[region].elements.upperBound <= entry.offset { region += 1 }
            return region
        }
    }
}

/// How a buffer is cut.
extension ShardLayout {
    private static func regions(
        _ entries: [Entry], _ model: ModelParameters.Places, _ embeddingCount: Int, _ perUnit: Bool, _ shares: Int
    ) -> [Region] {
        var parts: [(unit: ModelParameters.Unit?, elements: Range<Int>)] = []
        for entry in entries {
            let unit = model.unit(of: entry.modelIndex)
            let mine = perUnit || entry.offset < embeddingCount ? unit : nil
            let end = entry.offset + entry.count
            if let last = parts.last, last.unit == mine {
                parts[parts.count - 1].elements = last.elements.lowerBound..<end
            } else {
                parts.append((mine, entry.offset..<end))
            }
        }
        var packed = Array(repeating: 0, count: shares)
        return parts.map { part in
            let cuts = cuts(entries, within: part.elements, into: shares)
            defer { for share in 0..<shares { packed[share] += cuts[share + 1] - cuts[share] } }
            return Region(unit: part.unit, elements: part.elements, cuts: cuts, packed: packed)
        }
    }

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
        guard let index = place(in: entries, of: target), target < entries[index].offset + entries[index].count else {
            return target
        }
        let entry = entries[index]
        let inSegment = (target - entry.offset) % entry.segmentCount
        let segmentStart = target - inSegment
        let block = (inSegment + blockElements - 1) / blockElements * blockElements
        return segmentStart + min(block, entry.segmentCount)
    }

    /// The last entry that begins at an element or before it; entries ascend.
    private static func place(in entries: [Entry], of element: Int) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset <= element { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    private static func owned(_ entries: [Entry], _ regions: [Region], share: Int) -> [OwnedRange] {
        var result: [OwnedRange] = []
        var packed = 0
        for region in regions {
            for range in ranges(entries, within: region.share(share)) {
                result.append(range)
                result[result.count - 1].packed = packed
                packed += range.count
            }
        }
        return result
    }

    private static func ranges(_ entries: [Entry], within range: Range<Int>) -> [OwnedRange] {
        var result: [OwnedRange] = []
        for index in (place(in: entries, of: range.lowerBound) ?? 0)..<entries.count {
            let entry = entries[index]
            guard entry.offset < range.upperBound else { break }
            for segment in entry.segments {
                let start = entry.offset + (segment - entry.segments.lowerBound) * entry.segmentCount
                let part = range.clamped(to: start..<(start + entry.segmentCount))
                guard !part.isEmpty else { continue }
                result.append(
                    OwnedRange(
                        entry: index, segment: segment, block: (part.lowerBound - start) / blockElements,
                        offset: part.lowerBound, packed: 0, count: part.count))
            }
        }
        return result
    }
}
