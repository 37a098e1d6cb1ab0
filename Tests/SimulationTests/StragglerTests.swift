import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("Stragglers") struct StragglerTests {
    static let layouts = [
        Layout(tensor: 1, pipeline: 1, data: 8, microBatch: 1, zero: 1),
        Layout(tensor: 2, pipeline: 4, data: 4, microBatch: 1, zero: 1),
        Layout(tensor: 4, pipeline: 2, data: 2, microBatch: 1, zero: 0),
        Layout(tensor: 1, pipeline: 2, data: 4, microBatch: 1, zero: 3),
    ]

    private func seconds(_ layout: Layout, _ factor: Double, stage: Int, folded: Bool) throws -> Double {
        let profile = try RoundCluster.profile(nodes: 200, perNode: 4, launchMicroseconds: 1, networkMicroseconds: 9)
        let recipe = Small.recipe(layout)
        var clock = try VirtualClock(profile, layout: layout, precision: .float32)
        clock.straggler = Straggler(data: 0, pipeline: stage, factor: factor)
        guard folded else { return try clock.step(ofAll: Lowering.programs(recipe)).seconds }
        let classes = try RankClasses(recipe, on: profile, apart: 0)
        return try clock.step(classes.programs(of: recipe), classes).seconds
    }

    @Test("Folding all ranks but the slow replica gives the unfolded time", arguments: layouts)
    func folded(layout: Layout) throws {
        for stage in 0..<layout.pipeline {
            let (a, b) = try (
                seconds(layout, 1.5, stage: stage, folded: true), seconds(layout, 1.5, stage: stage, folded: false)
            )
            #expect(VirtualClockTests.near(a, b, 1e-12), "stage \(stage): \(a), \(b)")
        }
    }

    @Test("A slow rank costs the step more the slower it is, and never more than itself", arguments: layouts)
    func bounded(layout: Layout) throws {
        let base = try seconds(layout, 1, stage: 0, folded: true)
        var last = base
        for factor in [1.1, 1.5, 2, 4] {
            let slow = try seconds(layout, factor, stage: 0, folded: true)
            #expect(slow >= last * (1 - 1e-12) && slow <= factor * base * (1 + 1e-12))
            last = slow
        }
        #expect(last > 1.5 * base)
    }
}
