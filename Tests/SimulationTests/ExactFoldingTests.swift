import ClusterProfiles
import Recipes
import Testing

@testable import Programs
@testable import Simulation

/// On a cluster whose figures are powers of two every charge is a fraction of few bits, so that no sum is rounded: what
/// folding changes, be it one bit, is wrong.
@Suite("Folding without rounding") struct ExactFoldingTests {
    static func profile(perNode: Int) throws -> ClusterProfile {
        // 2^40 operations, 2^36 bytes of memory, 2^33 inside a node, 2^32 on the network, each per second and achieved.
        var profile = try RoundCluster.profile(
            nodes: 512, perNode: perNode, teraflops: 2.199023255552, launchMicroseconds: 0.95367431640625,
            insideGigabytes: 17.179869184, insideMicroseconds: 1.9073486328125, networkGigabytes: 4.294967296,
            networkMicroseconds: 7.62939453125)
        profile.accelerator.memoryBandwidthGigabytesPerSecond.value = 137.438953472
        return profile
    }

    /// Four even layers, or six that with embedding and head make eight slots: the first and the last of four stages hold
    /// one, the others two.
    static let pipelines: [(layers: Int, pipeline: Int, interleave: Int, schedule: Layout.Schedule)] = [
        (4, 1, 1, .oneForwardOneBackward), (4, 4, 1, .oneForwardOneBackward), (4, 2, 2, .interleaved),
        (6, 4, 1, .oneForwardOneBackward), (6, 4, 1, .gpipe), (6, 4, 2, .interleaved), (6, 2, 1, .gpipe),
    ]

    static func recipes(zero: Int, sequenceParallel: Bool) throws -> [Recipe] {
        var recipes: [Recipe] = []
        for (layers, pipeline, interleave, schedule) in pipelines {
            for tensor in sequenceParallel ? [2, 4] : [1, 2, 4] {
                for data in [1, 2, 8] {
                    for recompute in [Layout.Recompute.none, .full] {
                        let layout = Layout(
                            tensor: tensor, pipeline: pipeline, interleave: interleave, data: data, microBatch: 1,
                            schedule: schedule, zero: zero, sequenceParallel: sequenceParallel, recompute: recompute)
                        let recipe = Small.recipe(layout, layers: layers, global: 32)
                        if (try? recipe.validate()) != nil { recipes.append(recipe) }
                    }
                }
            }
        }
        return recipes
    }

    @Test(
        "Every rank spends its time exactly as the one that stands for it, on round figures and on a real cluster's",
        arguments: 0...3, [false, true])
    func exact(zero: Int, sequenceParallel: Bool) throws {
        for name in [nil, "jean-zay-a100", "jean-zay-v100-32g"] {
            try exact(zero: zero, sequenceParallel: sequenceParallel, on: name)
        }
    }

    private func exact(zero: Int, sequenceParallel: Bool, on name: String?) throws {
        var folded = 0
        let recipes = try Self.recipes(zero: zero, sequenceParallel: sequenceParallel)
        #expect(recipes.count > 40)
        for (index, recipe) in recipes.enumerated() {
            // Borders of nodes at every place, in turn.
            let perNode = [1, 2, 4, 8][index % 4]
            let profile =
                try name.map {
                    try ClusterProfile.load(
                        $0, overrides: ["nodes.count=512", "nodes.accelerators_per_node=\(perNode)"])
                } ?? Self.profile(perNode: perNode)
            let layout = recipe.layout
            let clock = try VirtualClock(profile, layout: layout, precision: .float32)
            let classes = try RankClasses(recipe, on: profile)
            let few = try clock.step(classes.programs(of: recipe), classes)
            let all = try clock.step(ofAll: Lowering.programs(recipe))
            #expect(few.seconds == all.seconds, "\(layout), \(profile.nodes.acceleratorsPerNode) per node")
            for rank in all.ranks {
                let standIn = few.ranks[classes.standIns[rank.rank]]
                #expect(rank.share == standIn.share, "rank \(rank.rank) of \(layout)")
            }
            if few.ranks.count < all.ranks.count { folded += 1 }
        }
        #expect(folded > recipes.count / 2)
    }
}
