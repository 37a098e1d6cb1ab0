import Evaluation
import Integrity
import Numerics
import Recipes

/// What happened in a run, told to whoever prints, records or watches it.
public enum TrainingEvent: Sendable {
    case step(StepRecord)
    case evaluation(step: Int, [HeldOutLoss])
    /// The state after a step is about to be saved. Who records the run writes down the steps so far now: a process that
    /// dies when the checkpoint is whole, and before it can say so, goes on after them.
    case saving(step: Int)
    case checkpoint(SavedCheckpoint)
    /// The guard has stepped in.
    case incident(GuardDecision)
    /// A step was computed again since something had changed silently, and the run goes on with what two of three agree on.
    case corruption(AuditFinding)
}

/// The numbers of one optimiser step.
public struct StepRecord: Sendable {
    public var step: Int
    /// Samples and target tokens consumed by the run so far, this step included.
    public var samples: Int
    public var tokens: Int
    public var outcome: StepOutcome
    public var learningRate: Double
    /// Wall-clock seconds of this step.
    public var seconds: Double
    /// The state's digest, where the recipe asks for it.
    public var digest: Digest?
    /// Samples and target tokens of this step.
    public var stepSamples: Int
    public var stepTokens: Int
    /// What the guard did about this step, where it did anything.
    public var decision: GuardDecision?
    /// How long each rank was at work, waiting not counted; `nil` for a single rank and for very many.
    public var rankSeconds: [Double]?

    /// The numbers of a step that nothing was done about.
    package init(
        step: Int, samples: Int, tokens: Int, outcome: StepOutcome, learningRate: Double, seconds: Double,
        digest: Digest?, stepSamples: Int, stepTokens: Int, decision: GuardDecision? = nil,
        rankSeconds: [Double]? = nil
    ) {
        self.step = step
        self.samples = samples
        self.tokens = tokens
        self.outcome = outcome
        self.learningRate = learningRate
        self.seconds = seconds
        self.digest = digest
        self.stepSamples = stepSamples
        self.stepTokens = stepTokens
        self.decision = decision
        self.rankSeconds = rankSeconds
    }

    /// The exact bits of loss, gradient norm and update sum, as hexadecimal: equal for every layout.
    public var fingerprint: String {
        [outcome.loss, outcome.gradientNorm, outcome.updateSum].map { ExactNumber($0).hexadecimal }
            .joined(separator: "-")
    }

    public var tokensPerSecond: Double { Double(stepTokens) / max(seconds, 1e-9) }
}

/// How a run ended.
public struct TrainingEnd: Sendable {
    public var step: Int
    public var samples: Int
    public var finalLoss: Double?
    public var digest: Digest
    /// Set when the run was asked to stop before its last step.
    public var stopped: StopReason?
    /// Folder of the last checkpoint.
    public var checkpoint: String?
}
