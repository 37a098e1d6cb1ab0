import ClusterProfiles
import Recipes
import Testing

@testable import Estimation

@Suite("Plans against estimating everything") struct ExhaustivePlanTests {
    @Test("Bounds hold, the ranking is right and every layout is accounted for", arguments: PlanCase.serre)
    func serre(_ test: PlanCase) throws { try check(test) }

    @Test(
        "The same in other engines' styles", .enabled(if: PlanCase.knowsEngines), arguments: PlanCase.others)
    func others(_ test: PlanCase) throws { try check(test) }

    private func check(_ test: PlanCase) throws {
        let all = try Exhaustive(test)
        try checkBounds(all)
        try checkRanking(all, test)
        try checkMemory(all, test)
    }

    /// No layout is faster or smaller than its bounds, and playing comes closer.
    private func checkBounds(_ all: Exhaustive) throws {
        var shapes: [LayoutSpace.Degrees: PlanShape] = [:]
        var closeness = 0.0
        for entry in all.entries {
            let layout = entry.layout
            let degrees = LayoutSpace.Degrees(tensor: layout.tensor, pipeline: layout.pipeline, data: layout.data)
            var shape = shapes[degrees] ?? PlanShape(all.space.recipe, degrees, on: all.profile)
            let seconds = entry.estimate.secondsPerStep
            let bound = try shape.bound(layout).seconds
            let played = try shape.bound(layout, closely: true).played()
            // Two ways to add the same numbers.
            #expect(bound <= played * (1 + 1e-12) && bound <= seconds && played <= seconds, "\(layout)")
            let state = try shape.stateBytes(layout)
            let growing = try shape.bytes(layout, growing: true)
            let bytes = try shape.bytes(layout)
            #expect(state <= bytes && growing <= bytes && bytes <= entry.estimate.memory.total, "\(layout)")
            closeness += played / seconds
            shapes[degrees] = shape
        }
        #expect(all.entries.count > 40)
        // Close enough to rule most layouts out.
        #expect(closeness / Double(all.entries.count) > 0.75)
    }

    private func checkRanking(_ all: Exhaustive, _ test: PlanCase) throws {
        let expected = all.ranking()
        for top in [1, 7] {
            let plan = try LayoutPlan(
                all.space.recipe, on: all.profile, PlanRequest(nodes: test.nodes, top: top))
            #expect(plan.candidates.map(\.recipe.layout) == Array(expected.prefix(top)))
            #expect(plan.rejected(.memory) == 0 && plan.closestMiss == nil)
            #expect(plan.estimated + plan.ruledOut == all.entries.count)
        }
    }

    /// With memory for some layouts: none that fits is rejected for it, and the closest miss is the closest.
    private func checkMemory(_ all: Exhaustive, _ test: PlanCase) throws {
        let sizes = all.entries.map(\.estimate.memory.total).sorted()
        for share in [4, 2] {
            let gibibytes = sizes[sizes.count / share] / 0x1p30
            let (recipe, profile) = try test.load(memoryGiB: gibibytes)
            let capacity = profile.accelerator.memoryBytes
            let plan = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: test.nodes, top: 5))
            #expect(plan.candidates.map(\.recipe.layout) == Array(all.ranking(bytes: capacity).prefix(5)))
            let misfits = sizes.filter { $0 > capacity }
            #expect(plan.rejected(.memory) <= misfits.count)
            // What was not ruled out for its time before is known to fit or not.
            #expect(plan.rejected(.memory) + plan.ruledOut >= misfits.count)
            // Those that are too slow as well are not asked whether they fit.
            guard plan.rejected(.memory) > 0 else { continue }
            let miss = try #require(plan.closestMiss)
            #expect(miss.excessBytes > 0 && !miss.memory.fits(profile))
            #expect(miss.memory.total >= misfits[0])
            for change in miss.wouldFit {
                var changed = recipe
                changed.layout = change.layout
                #expect(try Estimate(changed, on: profile).fits, "\(change.options)")
            }
        }
    }
}
