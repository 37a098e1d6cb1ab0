import Diagnostics
import Programs
import Recipes

/// The tree of A11 above the blocks: segments, then parameters in model order; and the loss of A10.
///
/// Block sums arrive by data rank, segment sums by rank of the replica; both orders are fixed by the layout's cuts, and
/// each sum is a float64 chain in logical order, so that no layout changes it.
final class RankStatistics {
    let shard: ShardLayout
    private let recipe: Recipe
    private let isLast: Bool
    /// Samples of the step at hand.
    var samples: Int
    /// What each rank of the replica holds, in the group's order.
    private let replica: [Member]
    private let parameters: [ParameterSpec]

    private struct Member {
        var coordinate: Coordinate
        var entries: [ShardLayout.Entry]
    }

    /// The sum per entry and segment of this rank, and the loss over the whole batch where this rank knows it.
    private(set) var segmentSums: [Double] = []
    private(set) var batchLoss = 0.0
    /// The step's numbers, as far as they are known.
    var outcome = StepOutcome(loss: 0, gradientNorm: 0, updateSum: 0)
    var clip: Float = 1

    init(program: Program, recipe: Recipe) throws(Diagnostic) {
        shard = program.shard
        self.recipe = recipe
        samples = recipe.batch.global
        isLast = program.coordinate.pipeline == recipe.layout.pipeline - 1
        parameters = ModelParameters(recipe.model).all
        var members: [Member] = []
        for rank in Group.replica.members(of: program.coordinate, in: recipe.layout) {
            let coordinate = Coordinate(rank: rank, in: recipe.layout)
            members.append(
                Member(
                    coordinate: coordinate,
                    entries: try Lowering.shardLayout(recipe, at: coordinate).entries))
        }
        replica = members
    }

    /// The number of segment sums that a rank with these entries sends.
    private static func sumCount(_ entries: [ShardLayout.Entry]) -> Int {
        entries.reduce(0) { $0 + $1.segments.count }
    }

    /// Adds the blocks of each segment in order. `shares` holds each share's block sums, in data order.
    func addBlocks(_ shares: [[Double]]) {
        var starts: [Int] = []
        var total = 0
        for entry in shard.entries {
            starts.append(total)
            total += entry.segments.count
        }
        var sums = [Double](repeating: 0, count: total)
        for (share, blocks) in shares.enumerated() {
            var next = 0
            for range in shard.owned(byShare: share) {
                let place = starts[range.entry] + range.segment - shard.entries[range.entry].segments.lowerBound
                for block in blocks[next..<(next + range.blocks)] { sums[place] += block }
                next += range.blocks
            }
        }
        segmentSums = sums
    }

    /// The loss per target token from the samples' losses, in sample order (A10).
    func addSampleLosses(_ losses: [Double]) {
        var sum = 0.0
        for loss in losses { sum += loss }
        batchLoss = sum / Double(samples * recipe.model.sequenceLength)
    }

    /// What this rank tells its replica: its segment sums, and the loss from the last stage.
    var message: [Double] { segmentSums + (isLast ? [batchLoss] : []) }

    /// The total over all parameters, each once, in model order; and the loss.
    func combine(_ messages: [[Double]]) -> (total: Double, loss: Double) {
        var segments = parameters.map { [Double](repeating: 0, count: $0.segmentCount(recipe.segments)) }
        var loss = 0.0
        for (member, message) in zip(replica, messages) {
            var next = 0
            for entry in member.entries {
                let sums = message[next..<(next + entry.segments.count)]
                next += entry.segments.count
                // The tied embedding counts where it is looked up; replicated parameters on the first tensor rank.
                if entry.modelIndex == 0, member.coordinate.pipeline > 0 { continue }
                if entry.parameter.sharding == .replicated, member.coordinate.tensor > 0 { continue }
                segments[entry.modelIndex].replaceSubrange(entry.segments, with: sums)
            }
            if next < message.count, member.coordinate.tensor == 0 { loss = message[next] }
        }
        var total = 0.0
        for parameter in segments {
            var sum = 0.0
            for segment in parameter { sum += segment }
            total += sum
        }
        return (total, loss)
    }
}
