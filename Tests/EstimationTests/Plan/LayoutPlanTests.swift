import ClusterProfiles
import Diagnostics
import Recipes
import Testing

@testable import Estimation

@Suite("Plans") struct LayoutPlanTests {
    /// Every legal layout that fits, estimated, in the plan's order.
    static func exhaustive(_ space: LayoutSpace, _ profile: ClusterProfile) throws -> [Estimate] {
        var found: [(estimate: Estimate, order: Int)] = []
        for layout in space.degrees.flatMap({ space.legal($0).layouts }) {
            var recipe = space.recipe
            recipe.layout = layout
            let estimate = try Estimate(recipe, on: profile)
            if estimate.fits { found.append((estimate, found.count)) }
        }
        return found.sorted {
            ($0.estimate.secondsPerStep, $0.estimate.memory.total, $0.order)
                < ($1.estimate.secondsPerStep, $1.estimate.memory.total, $1.order)
        }.map(\.estimate)
    }

    @Test("The ranking is that of estimating everything", arguments: PlanCase.all)
    func exhaustive(_ test: PlanCase) throws {
        let (space, profile) = try test.space()
        let expected = try Self.exhaustive(space, profile)
        for top in [1, 7] {
            let plan = try LayoutPlan(space.recipe, on: profile, PlanRequest(nodes: test.nodes, top: top))
            #expect(plan.candidates.map(\.recipe.layout) == expected.prefix(top).map(\.recipe.layout))
            #expect(plan.candidates == Array(expected.prefix(top)))
            #expect(plan.estimated + plan.ruledOut + plan.rejected(.memory) > 0)
            #expect(plan.ruledOut > 0)
        }
    }
}
