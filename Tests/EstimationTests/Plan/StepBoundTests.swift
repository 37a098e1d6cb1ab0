import ClusterProfiles
import Recipes
import Testing

@testable import Estimation

@Suite("Bounds of layouts") struct StepBoundTests {
    @Test(
        "No layout is faster or smaller than its bounds, and playing comes closer", arguments: PlanCase.all)
    func bounds(_ test: PlanCase) throws {
        let (space, profile) = try test.space()
        var (count, closed, played, memory) = (0.0, 0.0, 0.0, 0.0)
        for degrees in space.degrees {
            var shape = PlanShape(space.recipe, degrees, on: profile)
            for layout in space.legal(degrees).layouts {
                var recipe = space.recipe
                recipe.layout = layout
                let estimate = try Estimate(recipe, on: profile)
                let bound = try shape.bound(layout)
                #expect(bound.seconds <= estimate.secondsPerStep, "\(layout)")
                let closer = try shape.bound(layout, closely: true).played()
                #expect(closer <= estimate.secondsPerStep, "\(layout)")
                #expect(closer >= bound.seconds)
                let bytes = try shape.bytes(layout)
                #expect(bytes <= estimate.memory.total, "\(layout)")
                count += 1
                closed += bound.seconds / estimate.secondsPerStep
                played += closer / estimate.secondsPerStep
                memory += bytes / estimate.memory.total
            }
        }
        // Close enough to rule most layouts out.
        print(test.testDescription, count, closed / count, played / count, memory / count)
        #expect(count > 50)
        #expect(played / count > 0.75)
    }
}
