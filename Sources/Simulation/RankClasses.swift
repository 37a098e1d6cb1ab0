import ClusterProfiles
import Diagnostics
import Programs
import Recipes

/// Ranks that do the same work at the same times, and the one that stands for each such class.
///
/// Folding rests on symmetry that is checked, not assumed. Tensor ranks of a stage hold equal shapes; they are folded
/// if the nodes' borders treat them alike everywhere. Data ranks are folded where their ZeRO shares (elements and
/// blocks, on every stage) and their links are equal. Members of a class then never differ in time, so the folded
/// clock gives the times of the unfolded one.
public struct RankClasses: Sendable, Equatable {
    /// The ranks that are simulated, ascending.
    public let representatives: [Int]
    /// For each rank of the layout, the index in `representatives` of the one that stands for it.
    let standIns: [Int]

    /// Every rank for itself.
    public init(everyRankOf layout: Layout) {
        representatives = Array(0..<layout.ranks)
        standIns = representatives
    }

    /// The classes of a recipe's ranks on a cluster; every rank for itself where nothing can be folded.
    ///
    /// - Parameter apart: a data rank that is like no other, because one of its ranks is a ``Straggler``.
    public init(_ recipe: Recipe, on profile: ClusterProfile, apart: Int? = nil) throws(Diagnostic) {
        let layout = recipe.layout
        let views = RankViews(layout: layout, acceleratorsPerNode: profile.nodes.acceleratorsPerNode)
        guard Self.tensorRanksSeeAlike(views) else {
            self.init(everyRankOf: layout)
            return
        }
        // Other engines pad their shares to equal ones.
        let shares = layout.style == .serre ? try Self.shares(recipe) : []
        var known: [Replica: Int] = [:]
        var classOfData: [Int] = []
        var leads: [Int] = []
        for data in 0..<layout.data {
            let ranks = (0..<layout.pipeline).map {
                Coordinate(tensor: 0, data: data, pipeline: $0).rank(in: layout)
            }
            let replica = Replica(
                shares: shares.map { $0[data] }, views: ranks.map { views.all(from: $0) },
                isApart: data == apart)
            if known[replica] == nil {
                known[replica] = leads.count
                leads.append(data)
            }
            classOfData.append(known[replica] ?? 0)
        }
        self.init(layout, leads: leads, classOfData: classOfData)
    }

    private init(_ layout: Layout, leads: [Int], classOfData: [Int]) {
        representatives = (0..<layout.pipeline).flatMap { stage in
            leads.map { Coordinate(tensor: 0, data: $0, pipeline: stage).rank(in: layout) }
        }
        standIns = (0..<layout.ranks).map { rank in
            let coordinate = Coordinate(rank: rank, in: layout)
            return coordinate.pipeline * leads.count + classOfData[coordinate.data]
        }
    }

    /// How many ranks each representative stands for, itself included.
    var sizes: [Int] {
        var sizes = Array(repeating: 0, count: representatives.count)
        for index in standIns { sizes[index] += 1 }
        return sizes
    }

    /// The programs of the representatives.
    public func programs(of recipe: Recipe) throws(Diagnostic) -> [Program] {
        var programs: [Program] = []
        for rank in representatives {
            programs.append(try Lowering.program(recipe, at: Coordinate(rank: rank, in: recipe.layout)))
        }
        return programs
    }

    /// What tells one data rank from another, over all stages.
    private struct Replica: Hashable {
        var shares: [Share]
        var views: [[RankView]]
        var isApart: Bool
    }

    private struct Share: Hashable {
        /// Elements of each region.
        var elements: [Int]
        var blocks: Int
    }

    private static func tensorRanksSeeAlike(_ views: RankViews) -> Bool {
        let layout = views.layout
        return stride(from: 0, to: layout.ranks, by: layout.tensor).allSatisfy { first in
            let expected = views.all(from: first)
            return (first + 1..<first + layout.tensor).allSatisfy { views.all(from: $0) == expected }
        }
    }

    /// The share of each data rank, on stages that stand for all: stages that hold as much cut it alike.
    private static func shares(_ recipe: Recipe) throws(Diagnostic) -> [[Share]] {
        var known: Set<Holding> = []
        var result: [[Share]] = []
        for stage in 0..<recipe.layout.pipeline {
            let layers = recipe.chunkLayers(stage: stage)?.reduce(0) { $0 + $1.count } ?? 0
            let holding = Holding(
                layers: layers, isFirst: stage == 0, isLast: stage == recipe.layout.pipeline - 1)
            guard known.insert(holding).inserted else { continue }
            let shard = try Lowering.shardLayout(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: stage))
            result.append(
                (0..<recipe.layout.data).map { data in
                    let share = recipe.layout.zero == 0 ? 0 : data
                    return Share(
                        elements: shard.regions.map { $0.share(share).count },
                        blocks: shard.owned(byShare: share).reduce(0) { $0 + $1.blocks })
                })
        }
        return result
    }

    /// What decides how a stage's parameters are cut.
    private struct Holding: Hashable {
        var layers: Int
        var isFirst, isLast: Bool
    }
}
