import ClusterProfiles
import Diagnostics
import Estimation
import Programs
import Recipes
import Simulation

/// What a step of each batch size takes on the simulated cluster: the programs that are run, played on the clock.
struct VirtualTime {
    private let steps: [(batch: Int, seconds: Double, energy: StepEnergy)]
    /// How the energies come about.
    let energyBasis: String

    init(_ recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) {
        let clock = try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
        var steps: [(batch: Int, seconds: Double, energy: StepEnergy)] = []
        for size in recipe.batch.sizes {
            let step = try clock.step(ofAll: Lowering.programs(recipe.withBatch(size)))
            steps.append((size, step.seconds, StepEnergy(step, accelerators: recipe.layout.ranks, on: profile)))
        }
        self.steps = steps
        energyBasis = StepEnergy.basis(profile)
    }

    /// Virtual seconds of a step of `batch` samples; `nil` for a size that the recipe does not know.
    func seconds(batch: Int) -> Double? { steps.first { $0.batch == batch }?.seconds }

    /// Energy and carbon of a step of `batch` samples; `nil` for a size that the recipe does not know.
    func energy(batch: Int) -> StepEnergy? { steps.first { $0.batch == batch }?.energy }
}
