import ClusterProfiles
import Diagnostics
import Foundation
import Recipes

/// Tells of a run that no layout's campaign would see the end of, from the least time of its steps alone.
struct EndingBound {
    private let hazards: CampaignHazards
    private let writeSeconds: Double
    private let steps: Double
    /// Of smaller batches.
    private let rampSteps: Double
    /// The least steps between two checkpoints.
    private let everySteps: Double

    init(
        _ recipe: Recipe, accelerators: Int, on profile: ClusterProfile, phases: [BatchPhase]
    ) throws(Diagnostic) {
        let bytes = recipe.checkpointBytes
        let nodes = profile.nodes.count(holding: accelerators)
        hazards = try CampaignHazards(profile, nodes: nodes, checkpointBytes: bytes, options: .init())
        writeSeconds = bytes / profile.writeBytesPerSecond(nodes: nodes) + profile.storage.latencySeconds
        // Smaller batches of a ramp take less than the full one; only steps of that are counted.
        steps = Double(phases.reduce(0) { $0 + ($1.batch == recipe.batch.global ? $1.steps : 0) })
        rampSteps = Double(phases.reduce(0) { $0 + $1.steps }) - steps
        everySteps = Double(max(1, recipe.checkpoint.everySteps))
    }

    /// `false` only if ``CampaignSetup/expectation()`` refuses every run whose full steps take so long or longer.
    ///
    /// With failures at rate λ and R until a job trains, stretches τ between checkpoints take e^{λR}(e^{λτ} − 1)/(λτ) times
    /// as long as undisturbed. At least half of the steps are of the full batch, half of these in whole stretches, and starts
    /// and jobs' ends at most double the undisturbed time each: sixteen thousand times there is more than a thousand on all.
    func mayEnd(stepSeconds: Double) -> Bool {
        guard steps > 0 else { return true }
        let room = hazards.jobSeconds - hazards.startSeconds - writeSeconds
        if room < stepSeconds + writeSeconds { return false }
        let rate = hazards.failuresPerSecond
        let leaving = hazards.startSeconds + writeSeconds
        guard rate > 0, steps >= max(everySteps, rampSteps), steps * stepSeconds >= leaving,
            leaving <= hazards.jobSeconds / 4
        else { return true }
        let stretch = rate * min(everySteps * stepSeconds, room)
        return rate * hazards.startSeconds + log(max(1, expm1(stretch) / stretch)) < log(16_000)
    }
}
