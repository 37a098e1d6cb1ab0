import ClusterProfiles
import Scenarios

extension RunShape {
    /// What a scenario must know of a run on a cluster.
    public init(ranks: Int, steps: Int, stepSeconds: Double, evaluationEvery: Int, on profile: ClusterProfile) {
        self.init(
            ranks: ranks, ranksPerNode: profile.nodes.acceleratorsPerNode, steps: steps, stepSeconds: stepSeconds,
            evaluationEvery: evaluationEvery,
            crashesPerNodeHour: profile.reliability?.crashesPerNodeHour.value,
            hangsPerNodeHour: profile.reliability?.hangsPerNodeHour.value,
            restartSeconds: profile.detectionSeconds + profile.startSeconds)
    }
}

extension ClusterProfile {
    /// Seconds until a job that has failed is noticed; five minutes where the profile does not say.
    var detectionSeconds: Double { 60 * (reliability?.detectionMinutes.value ?? 5) }
    /// Seconds that the next job takes to start; five minutes where the profile does not say.
    var startSeconds: Double { 60 * (reliability?.startMinutes.value ?? 5) }
}
