/// A recipe fixes everything that decides a run's result (model, data, optimiser) and carries a default layout, which
/// decides only how the work is spread.
///
/// A value of this type is complete: defaults are filled in, and ``validate()`` has been called by whoever read it.
public struct Recipe: Sendable, Equatable {
    public var name: String
    /// Keys every random draw (Philox, rule A13 of the arithmetic contract).
    public var seed: UInt64
    /// The versioned arithmetic contract.
    public var numerics: Numerics
    public var precision: Precision
    /// Equal parts of every sum that tensor parallelism could split (A5).
    public var segments: Int
    /// Equal contiguous groups of the global batch's samples (A6).
    public var lanes: Int
    public var model: Model
    public var data: DataSource
    public var batch: Batch
    public var optimizer: Optimizer
    public var layout: Layout
    public var checkpoint: CheckpointPolicy
    /// What to do about numbers that are not finite and about leaps of the loss.
    public var guardPolicy: GuardPolicy
    public var evaluation: EvaluationPolicy
    public var ledger: LedgerPolicy
    /// How silent corruption is looked for.
    public var audit: AuditPolicy
    /// The state digest is taken after every step whose number is a multiple of this, at checkpoints and at the end.
    public var digestEvery: Int

    public enum Numerics: String, Sendable, CaseIterable { case exact1 = "exact-1", blas }
    public enum Precision: String, Sendable, CaseIterable { case float32, bfloat16, float16, float8 }

    /// Makes a recipe from its parts; ``lanes`` follows ``defaultLanes(for:)`` unless given. Call ``validate()`` on it.
    public init(
        name: String, seed: UInt64 = 42, numerics: Numerics = .exact1, precision: Precision = .float32,
        segments: Int = 8, lanes: Int? = nil, model: Model, data: DataSource = DataSource(), batch: Batch,
        optimizer: Optimizer, layout: Layout = Layout(), checkpoint: CheckpointPolicy = CheckpointPolicy(),
        guardPolicy: GuardPolicy = GuardPolicy(), evaluation: EvaluationPolicy = EvaluationPolicy(),
        ledger: LedgerPolicy = LedgerPolicy(), audit: AuditPolicy = AuditPolicy(),
        digestEvery: Int = 100
    ) {
        self.name = name
        self.seed = seed
        self.numerics = numerics
        self.precision = precision
        self.segments = segments
        self.lanes = lanes ?? Self.defaultLanes(for: batch)
        self.model = model
        self.data = data
        self.batch = batch
        self.optimizer = optimizer
        self.layout = layout
        self.checkpoint = checkpoint
        self.guardPolicy = guardPolicy
        self.evaluation = evaluation
        self.ledger = ledger
        self.audit = audit
        self.digestEvery = digestEvery
    }

    /// The largest power of two, at most 8, that divides the global batch and, with a ramp, its start and increment.
    public static func defaultLanes(for batch: Batch) -> Int {
        let sizes = [batch.global] + (batch.growth.map { [$0.start, $0.increment] } ?? [])
        return [8, 4, 2].first { lanes in sizes.allSatisfy { $0 % lanes == 0 } } ?? 1
    }
}
