import ClusterProfiles
import Programs
import Recipes
import Testing

@testable import Simulation

/// What a step costs to be played, counted and not timed: instructions that are charged, and actions and steps of passes that
/// are played.
@Suite("What a clock costs") struct CostGrowthTests {
    struct Count: Equatable {
        var ranks = 0
        /// Instructions charged: once for each pass of each rank that is simulated, however often it is played.
        var charges = 0
        var actions = 0
        /// Waits and stretches of work.
        var steps = 0

        static func times(_ factor: Int, _ count: Count) -> Count {
            Count(
                ranks: factor * count.ranks, charges: factor * count.charges, actions: factor * count.actions,
                steps: factor * count.steps)
        }

        func isNoMoreThan(_ other: Count) -> Bool {
            ranks <= other.ranks && charges <= other.charges && actions <= other.actions && steps <= other.steps
        }
    }

    private func count(_ layout: Layout, global: Int, lanes: Int, isFolded: Bool) throws -> Count {
        var recipe = Small.recipe(layout, layers: 4, global: global)
        recipe.lanes = lanes
        try recipe.validate()
        let profile = try RoundCluster.profile(nodes: 64, perNode: 4)
        let classes = isFolded ? try RankClasses(recipe, on: profile) : RankClasses(everyRankOf: layout)
        let clock = try VirtualClock(profile, layout: layout, precision: .float32)
        let timed = clock.prepare(try classes.programs(of: recipe), classes)
        let timing = try timed.step(recordingSpans: true)
        return Count(
            ranks: timing.ranks.count,
            charges: timing.ranks.reduce(0) { sum, rank in
                rank.passes.reduce(sum) { $0 + $1.instructionSeconds.count }
            },
            actions: timing.ranks.reduce(0) { $0 + $1.spans.count }, steps: timed.recordedSteps())
    }

    @Test(
        "Of all ranks it grows with the ranks: twice and four times as many replicas, each with as much to do",
        arguments: [1, 2], [0, 1, 3])
    func ranks(pipeline: Int, zero: Int) throws {
        func count(_ data: Int) throws -> Count {
            try self.count(
                Layout(pipeline: pipeline, data: data, microBatch: 1, zero: zero), global: 4 * data, lanes: 4 * data,
                isFolded: false)
        }
        let two = try count(2)
        #expect(two.charges > 100 && two.actions > 10)
        for factor in [2, 4] {
            let more = try count(2 * factor)
            #expect(more.ranks == factor * two.ranks)
            #expect(more.isNoMoreThan(.times(factor, two)), "\(more) beside \(two)")
        }
    }

    @Test("Folded, it does not grow with the ranks that are alike", arguments: [1, 2], [1, 2])
    func folded(pipeline: Int, tensor: Int) throws {
        func count(_ data: Int) throws -> Count {
            try self.count(
                Layout(tensor: tensor, pipeline: pipeline, data: data, microBatch: 1, zero: 0), global: 4 * data,
                lanes: 4 * data, isFolded: true)
        }
        // From where every replica has neighbours on other nodes, all see alike.
        let some = try count(4)
        for data in [8, 16] { #expect(try count(data).isNoMoreThan(some), "\(data)") }
        #expect(some.ranks < 4 * tensor * pipeline)
    }

    @Test(
        "Micro-batches cost actions in proportion and no charges",
        arguments: [Layout.Schedule.gpipe, .oneForwardOneBackward])
    func microbatches(schedule: Layout.Schedule) throws {
        func count(_ global: Int) throws -> Count {
            try self.count(
                Layout(pipeline: 4, microBatch: 1, schedule: schedule, zero: 0), global: global, lanes: 1,
                isFolded: true)
        }
        let eight = try count(8)
        for factor in [2, 4] {
            let more = try count(8 * factor)
            #expect(more.charges == eight.charges)
            #expect(more.isNoMoreThan(.times(factor, eight)), "\(more) beside \(eight)")
        }
    }
}
