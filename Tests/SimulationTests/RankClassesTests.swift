import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("Folded ranks") struct RankClassesTests {
    static let layouts: [Layout] = [1, 2, 4].flatMap { tensor in
        [1, 2, 4].flatMap { pipeline in
            [1, 2, 8].flatMap { data in
                [0, 1].map { Layout(tensor: tensor, pipeline: pipeline, data: data, microBatch: 1, zero: $0) }
            }
        }
    }

    static let newer: [Layout] = [1, 4].flatMap { tensor in
        [(1, 1), (4, 1), (2, 2)].flatMap { pipeline, interleave in
            [1, 2, 8].flatMap { data in
                [1, 2, 3].filter { $0 == 1 || data > 1 }.map { zero in
                    Layout(
                        tensor: tensor, pipeline: pipeline, interleave: interleave, data: data, microBatch: 1,
                        schedule: interleave > 1 ? .interleaved : .oneForwardOneBackward, zero: zero,
                        sequenceParallel: tensor > 1)
                }
            }
        }
    }

    @Test("Folding gives the unfolded times, wherever the nodes' borders lie", arguments: [1, 3, 4, 8])
    func exact(perNode: Int) throws {
        let profile = try RoundCluster.profile(
            nodes: 200, perNode: perNode, launchMicroseconds: 1, insideMicroseconds: 2, networkMicroseconds: 9)
        for layout in Self.layouts + Self.newer {
            let recipe = Small.recipe(layout)
            let clock = try VirtualClock(profile, layout: layout, precision: .float32)
            let classes = try RankClasses(recipe, on: profile)
            let folded = try clock.step(classes.programs(of: recipe), classes)
            let unfolded = try clock.step(ofAll: Lowering.programs(recipe))
            #expect(folded.ranks.reduce(0) { $0 + $1.standsFor } == layout.ranks)
            #expect(VirtualClockTests.near(folded.seconds, unfolded.seconds, 1e-12), "\(layout)")
            #expect(abs(folded.bubbleOverhead - unfolded.bubbleOverhead) < 1e-9, "\(layout)")
            for (a, b) in zip(folded.stages, unfolded.stages) {
                #expect(abs(a.share.busySeconds - b.share.busySeconds) < 1e-12 * unfolded.seconds, "\(layout)")
                #expect(abs(a.share.bubbleSeconds - b.share.bubbleSeconds) < 1e-12 * unfolded.seconds, "\(layout)")
            }
        }
    }

    @Test("Tensor ranks and equal replicas fold to one rank per stage")
    func folds() throws {
        let recipe = Small.recipe(Layout(tensor: 4, pipeline: 4, data: 8, zero: 0))
        let classes = try RankClasses(recipe, on: RoundCluster.profile(nodes: 16, perNode: 8))
        #expect(classes.representatives == [0, 32, 64, 96])
        #expect(classes.sizes == [32, 32, 32, 32])
    }

    @Test("Unequal ZeRO shares stay apart")
    func shares() throws {
        let recipe = Small.recipe(Layout(tensor: 1, pipeline: 1, data: 8, zero: 1))
        let classes = try RankClasses(recipe, on: RoundCluster.profile(nodes: 1, perNode: 8))
        let owned = try Lowering.programs(recipe).map { $0.shard.owned.reduce(0) { $0 + $1.count } }
        #expect(Set(owned).count > 1, "the test needs unequal shares")
        for rank in 0..<8 {
            let standIn = classes.representatives[classes.standIns[rank]]
            #expect(owned[standIn] == owned[rank])
        }
    }

    @Test("A node's border through some tensor groups forbids folding")
    func borders() throws {
        let recipe = Small.recipe(Layout(tensor: 4, pipeline: 2, data: 1))
        let classes = try RankClasses(recipe, on: RoundCluster.profile(nodes: 4, perNode: 3))
        #expect(classes == RankClasses(everyRankOf: recipe.layout))
    }
}
