import ClusterProfiles
import Scenarios

extension RunShape {
    /// What a scenario must know of a run on a cluster.
    public init(ranks: Int, steps: Int, stepSeconds: Double, evaluationEvery: Int, on profile: ClusterProfile) {
        self.init(
            ranks: ranks, ranksPerNode: profile.nodes.acceleratorsPerNode, steps: steps, stepSeconds: stepSeconds,
            evaluationEvery: evaluationEvery,
            crashesPerNodeHour: profile.reliability?.crashesPerNodeHour.value,
            hangsPerNodeHour: profile.reliability?.hangsPerNodeHour.value)
    }
}
