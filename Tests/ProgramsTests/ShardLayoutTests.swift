import Recipes
import Testing

@testable import Programs

@Suite("Shard layout") struct ShardLayoutTests {
    /// Segments of several blocks, the last of them short: ffn 520 × hidden 128 / 8 segments is 2.03 blocks.
    static func recipe(_ layout: Layout) -> Recipe {
        var recipe = Nano.recipe(layout)
        recipe.model = Recipe.Model(
            layers: 4, hidden: 128, heads: 4, ffn: 520, sequenceLength: 32, vocabulary: 257, paddedVocabulary: 1000)
        return recipe
    }

    static func shards(_ layout: Layout) throws -> [(Coordinate, ShardLayout)] {
        try (0..<layout.ranks).map { rank in
            let coordinate = Coordinate(rank: rank, in: layout)
            return (coordinate, try Lowering.shardLayout(recipe(layout), at: coordinate))
        }
    }

    static let layouts: [Layout] = [1, 2, 4].flatMap { tensor in
        [1, 2, 4].flatMap { pipeline in
            [1, 2, 8].flatMap { data in
                [0, 1].map { Layout(tensor: tensor, pipeline: pipeline, data: data, zero: $0) }
            }
        }
    }

    @Test(
        "Tensor and pipeline ranks hold every element of the model once; the tied embedding at both ends",
        arguments: layouts)
    func coverage(layout: Layout) throws {
        let specs = ModelParameters(Self.recipe(layout).model).all
        var held: [[Range<Int>]] = specs.map { _ in [] }
        for (coordinate, shard) in try Self.shards(layout) where coordinate.data == 0 {
            #expect(shard.entries.map(\.modelIndex) == shard.entries.map(\.modelIndex).sorted())
            for entry in shard.entries where entry.parameter.sharding == .rows || coordinate.tensor == 0 {
                if entry.modelIndex == 0, coordinate.pipeline > 0 {
                    #expect(coordinate.pipeline == layout.pipeline - 1)
                    continue
                }
                held[entry.modelIndex].append(entry.globalOffset..<(entry.globalOffset + entry.count))
            }
        }
        for (spec, ranges) in zip(specs, held) {
            #expect(Self.tiles(ranges, 0..<spec.count), "\(spec.name): \(ranges)")
        }
        let last = try Self.shards(layout).filter { $0.0.pipeline == layout.pipeline - 1 }
        for (_, shard) in last { #expect(shard.embeddingCount == specs[0].count / layout.tensor) }
    }

    @Test("Entries fill the flat buffers without gaps, the embedding first", arguments: layouts)
    func entriesAreContiguous(layout: Layout) throws {
        for (_, shard) in try Self.shards(layout) {
            #expect(Self.tiles(shard.entries.map { $0.offset..<($0.offset + $0.count) }, 0..<shard.count))
            #expect(shard.embeddingCount == (shard.entries[0].modelIndex == 0 ? shard.entries[0].count : 0))
        }
    }

    @Test(
        "The data ranks' shares are the shard, each element once with ZeRO and everywhere without", arguments: layouts)
    func sharesPartition(layout: Layout) throws {
        let shards = try Self.shards(layout)
        for (coordinate, shard) in shards {
            if layout.zero == 0 {
                #expect(Self.tiles(shard.owned.map(\.elements), 0..<shard.count))
                continue
            }
            let replicas = shards.filter { $0.0.tensor == coordinate.tensor && $0.0.pipeline == coordinate.pipeline }
            #expect(Self.tiles(replicas.flatMap { $0.1.owned.map(\.elements) }, 0..<shard.count))
            for (other, theirs) in replicas { #expect(shard.owned(byShare: other.data) == theirs.owned) }
        }
    }

    @Test(
        "Every owned range lies in one segment, starts at a block of it and ends at one or at the segment's end",
        arguments: layouts)
    func blockBoundaries(layout: Layout) throws {
        for (_, shard) in try Self.shards(layout) {
            for range in shard.owned {
                let entry = shard.entries[range.entry]
                #expect(entry.segments.contains(range.segment))
                let start =
                    range.offset - entry.offset - (range.segment - entry.segments.lowerBound) * entry.segmentCount
                let end = start + range.count
                #expect(start == range.block * ShardLayout.blockElements)
                #expect(end == entry.segmentCount || (end % ShardLayout.blockElements == 0 && end < entry.segmentCount))
                #expect(range.count > (range.blocks - 1) * ShardLayout.blockElements)
                #expect(range.count <= range.blocks * ShardLayout.blockElements)
            }
        }
    }

    @Test(
        "Shares differ from an equal part by at most one block in each of the two regions",
        arguments: layouts.filter { $0.zero == 1 })
    func sharesAreEven(layout: Layout) throws {
        for (_, shard) in try Self.shards(layout) {
            let owned = shard.owned.reduce(0) { $0 + $1.count }
            #expect(abs(owned - shard.count / layout.data) <= 2 * ShardLayout.blockElements + 1)
        }
    }

    @Test("The moments of all ranks are two per element that they own")
    func moments() throws {
        let layout = Layout(tensor: 2, pipeline: 2, data: 4, zero: 1)
        var moments = 0
        let programs = try Lowering.programs(Self.recipe(layout))
        for program in programs {
            for name in ["first moment", "second moment"] {
                let buffer = try #require(program.buffer(named: name))
                moments += program.buffers[buffer.index].count
            }
        }
        let held = programs.filter { $0.coordinate.data == 0 }.reduce(0) { $0 + $1.shard.count }
        #expect(moments == 2 * held)
    }

    /// Whether the ranges cover `whole` with no element twice.
    private static func tiles(_ ranges: [Range<Int>], _ whole: Range<Int>) -> Bool {
        var next = whole.lowerBound
        for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard range.lowerBound == next else { return false }
            next = range.upperBound
        }
        return next == whole.upperBound
    }
}
