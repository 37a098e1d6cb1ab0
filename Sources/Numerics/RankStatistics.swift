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
    /// What each rank of the replica tells, in the group's order.
    private let replica: [Member]
    /// Where each parameter's segments begin among those of all, in model order, and their number at the end.
    private let starts: [Int]
    /// For each share of the shard, its runs of blocks.
    private lazy var runs = sharesOfBlocks()

    private struct Member {
        /// Where its sums begin among the segments of all parameters, and how many there are; `nil` for what counts elsewhere.
        var sums: [(place: Int?, count: Int)]
        var tellsLoss: Bool
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
        let starts = ModelParameters(recipe.model).all.reduce(into: [0]) { starts, parameter in
            starts.append(starts[starts.count - 1] + parameter.segmentCount(recipe.segments))
        }
        var members: [Member] = []
        for rank in Group.replica.members(of: program.coordinate, in: recipe.layout) {
            let coordinate = Coordinate(rank: rank, in: recipe.layout)
            let entries = try Lowering.shardLayout(recipe, at: coordinate).entries
            members.append(
                Member(
                    sums: entries.map { entry in
                        let place = starts[entry.modelIndex] + entry.segments.lowerBound
                        return (Self.counts(entry, at: coordinate) ? place : nil, entry.segments.count)
                    }, tellsLoss: coordinate.tensor == 0))
        }
        replica = members
        self.starts = starts
    }

    /// The tied embedding counts where it is looked up; replicated parameters on the first tensor rank.
    private static func counts(_ entry: ShardLayout.Entry, at coordinate: Coordinate) -> Bool {
        if entry.modelIndex == 0, coordinate.pipeline > 0 { return false }
        return entry.parameter.sharding != .replicated || coordinate.tensor == 0
    }

    /// Each share's runs of blocks, in the order of its sums: the place of their segment among this rank's, and how many.
    private func sharesOfBlocks() -> [[(place: Int, blocks: Int)]] {
        var starts: [Int] = []
        var total = 0
        for entry in shard.entries {
            starts.append(total - entry.segments.lowerBound)
            total += entry.segments.count
        }
        return (0..<(recipe.layout.zero == 0 ? 1 : recipe.layout.data)).map { share in
            shard.owned(byShare: share).map { (starts[$0.entry] + $0.segment, $0.blocks) }
        }
    }

    /// Adds the blocks of each segment in order. `shares` holds each share's block sums, in data order.
    func addBlocks(_ shares: [[Double]]) {
        var sums = [Double](repeating: 0, count: shard.entries.reduce(0) { $0 + $1.segments.count })
        for (share, blocks) in shares.enumerated() {
            var next = 0
            for run in runs[share] {
                for block in blocks[next..<(next + run.blocks)] { sums[run.place] += block }
                next += run.blocks
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
        var segments = [Double](repeating: 0, count: starts[starts.count - 1])
        var loss = 0.0
        for (member, message) in zip(replica, messages) {
            var next = 0
            for (place, count) in member.sums {
                if let place { for i in 0..<count { segments[place + i] = message[next + i] } }
                next += count
            }
            if next < message.count, member.tellsLoss { loss = message[next] }
        }
        var total = 0.0
        for (first, end) in zip(starts, starts.dropFirst()) {
            var sum = 0.0
            for segment in segments[first..<end] { sum += segment }
            total += sum
        }
        return (total, loss)
    }
}
