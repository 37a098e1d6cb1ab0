import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Scenarios
import Simulation
import Synchronization

/// What a step takes on the simulated cluster, whole and with something slow: each asked of the clock once.
final class StepTimes: Sendable {
    private let profile: ClusterProfile
    private let known = Mutex<[String: Double]>([:])

    init(_ profile: ClusterProfile) { self.profile = profile }

    /// Virtual seconds of a step of the recipe's batch.
    func seconds(
        of recipe: Recipe, straggler: (rank: Int, factor: Double)? = nil, linkFactor: Double = 1
    ) throws(Diagnostic) -> Double {
        let key =
            "\(recipe.layout) \(recipe.batch.global) \(straggler?.rank ?? -1) \(straggler?.factor ?? 1) \(linkFactor)"
        if let seconds = known.withLock({ $0[key] }) { return seconds }
        var profile = profile
        profile.interNode.bandwidthGigabytesPerSecond.value /= linkFactor
        var clock = try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
        if let straggler {
            let place = Coordinate(rank: straggler.rank, in: recipe.layout)
            clock.straggler = Straggler(data: place.data, pipeline: place.pipeline, factor: straggler.factor)
        }
        let seconds = try clock.step(ofAll: Lowering.programs(recipe)).seconds
        known.withLock { $0[key] = seconds }
        return seconds
    }
}
