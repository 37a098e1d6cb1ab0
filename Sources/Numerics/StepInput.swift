/// What one optimiser step needs besides the state: the samples and the schedule's numbers.
public struct StepInput {
    /// The number of the step, counted from 1.
    public var step: Int
    /// Samples of this step; `nil` for the recipe's global batch.
    public var batch: Int?
    /// The learning rate of this step.
    public var learningRate: Double
    /// The number of this update, counted from 1, by which AdamW corrects its moments; `nil` for ``step``. It is less where
    /// updates were withheld.
    public var update: Int?
    /// When the update is withheld; `nil` for never.
    public var stepGuard: StepGuard?
    /// Copies the `sequenceLength + 1` tokens of a sample of this step's global batch, counted from 0.
    public var sample: (_ index: Int, _ tokens: UnsafeMutableBufferPointer<Int32>) -> Void

    public init(
        step: Int, batch: Int? = nil, learningRate: Double, update: Int? = nil, stepGuard: StepGuard? = nil,
        sample: @escaping (_ index: Int, _ tokens: UnsafeMutableBufferPointer<Int32>) -> Void
    ) {
        self.step = step
        self.batch = batch
        self.learningRate = learningRate
        self.update = update
        self.stepGuard = stepGuard
        self.sample = sample
    }
}

/// The numbers of one step, the same on every rank of a correct run.
public struct StepOutcome: Sendable, Equatable {
    /// Mean cross entropy per target token, in nats (A10).
    public var loss: Double
    /// Norm of the whole gradient before clipping (A11).
    public var gradientNorm: Double
    /// Sum of all parameters' changes, in float64 (A11).
    public var updateSum: Double
    /// Whether the step's guard has kept parameters and moments as they were.
    public var isWithheld = false

    public init(loss: Double, gradientNorm: Double, updateSum: Double) {
        self.loss = loss
        self.gradientNorm = gradientNorm
        self.updateSum = updateSum
    }
}
