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

    /// Virtual seconds of a step of the recipe's batch, or of an evaluation of `samples` of one, which has forward passes only.
    func seconds(
        of recipe: Recipe, in phase: FaultEvent.Phase = .step, samples: Int? = nil,
        straggler: (rank: Int, factor: Double)? = nil, linkFactor: Double = 1
    ) throws(Diagnostic) -> Double {
        let microbatches = EvaluationBatch(recipe, samples: samples).microbatches
        let key =
            "\(recipe.layout) \(recipe.batch.global) \(phase.rawValue) \(microbatches) \(straggler?.rank ?? -1) \(straggler?.factor ?? 1) \(linkFactor)"
        if let seconds = known.withLock({ $0[key] }) { return seconds }
        var profile = profile
        profile.interNode.bandwidthGigabytesPerSecond.value /= linkFactor
        var clock = try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
        if let straggler {
            let place = Coordinate(rank: straggler.rank, in: recipe.layout)
            clock.straggler = Straggler(data: place.data, pipeline: place.pipeline, factor: straggler.factor)
        }
        var programs = try Lowering.programs(recipe)
        if phase == .evaluation {
            for rank in programs.indices {
                programs[rank].actions = Lowering.evaluationActions(
                    of: programs[rank], recipe: recipe, samples: samples)
            }
        }
        let seconds = try clock.step(ofAll: programs).seconds
        known.withLock { $0[key] = seconds }
        return seconds
    }
}
