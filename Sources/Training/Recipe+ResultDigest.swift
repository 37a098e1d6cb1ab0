import Integrity
import Recipes

extension Recipe {
    /// The digest of what decides a run's result: the recipe without layout, corpus path, a later end, and the policies of saving,
    /// evaluating, recording, auditing and digesting. Where a run may roll back, the steps between checkpoints decide too.
    public var resultDigest: Digest {
        var bare = self
        bare.layout = Layout()
        bare.data.corpus = nil
        bare.optimizer.extendedSamples = nil
        bare.checkpoint = CheckpointPolicy(
            everySteps: guardPolicy.rollsBack ? checkpoint.everySteps : 0, keepLast: 1)
        bare.evaluation = EvaluationPolicy(everySteps: 0, samplesPerLanguage: 1)
        bare.ledger = LedgerPolicy(code: .tracked)
        bare.audit = AuditPolicy()
        bare.digestEvery = 1
        return SHA256.digest(of: Array(bare.yaml.utf8))
    }
}
