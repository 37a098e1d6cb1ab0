import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

/// What a step of each batch size takes on the simulated cluster: the programs that are run, played on the clock.
struct VirtualTime {
    private let steps: [(batch: Int, seconds: Double)]

    init(_ recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) {
        let clock = try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
        var steps: [(batch: Int, seconds: Double)] = []
        for size in recipe.batch.sizes {
            steps.append((size, try clock.step(ofAll: Lowering.programs(recipe.withBatch(size))).seconds))
        }
        self.steps = steps
    }

    /// Virtual seconds of a step of `batch` samples; `nil` for a size that the recipe does not know.
    func seconds(batch: Int) -> Double? { steps.first { $0.batch == batch }?.seconds }
}
