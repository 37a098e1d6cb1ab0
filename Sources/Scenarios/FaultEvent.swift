/// One thing that goes wrong, when and where.
///
/// What is left out is drawn from the seed, so that `kind` and a moment are enough.
public struct FaultEvent: Sendable, Equatable {
    public var kind: FaultKind
    public var moment: Moment
    /// Whether it strikes in the step itself, which is meant where nothing is said, or in the evaluation after it.
    public var phase: Phase?
    /// Whose instruction, process or accelerator it is.
    public var rank: Int?
    public var node: Int?
    /// The number of the instruction among those that the rank runs in the step or evaluation, from 0.
    public var instruction: Int?
    /// The number of the message among those that are sent in the step or evaluation, from 0.
    public var message: Int?
    /// The number of the operation on the disk, from 0, counted from the begin of the step on: in the step itself only what is
    /// saved in the background uses the disk.
    public var operation: Int?
    /// Which element of what the instruction writes, and which bit of it, or of a message or file; taken modulo their number.
    public var element: Int?
    public var bit: Int?
    /// How many times slower.
    public var factor: Double?
    /// How many steps it lasts.
    public var steps: Int?
    /// How many times in a row it happens.
    public var times: Int?
    /// Seconds by which a message is late or a clock jumps ahead.
    public var delay: Double?
    /// Seconds between the batch system's signal and the end of the job.
    public var grace: Double?
    /// Where it is written.
    public var origin = Scenario.Origin()

    /// When it happens.
    public enum Moment: Sendable, Hashable {
        /// In a step, counted from 1, or in the evaluation after it; after it where the disk is concerned.
        case step(Int)
        /// At a virtual time in seconds since the run's first job began.
        case seconds(Double)
    }

    /// What the run is doing when it happens.
    public enum Phase: String, Sendable, CaseIterable {
        case step, evaluation
    }

    public init(_ kind: FaultKind, at moment: Moment, in phase: Phase? = nil) {
        self.kind = kind
        self.moment = moment
        self.phase = phase
    }

    /// The keys of an event in a scenario.
    public enum Key: String, CaseIterable, Sendable {
        case kind, step, seconds
        case phase = "in"
        case rank, node, instruction, message, operation, element, bit, factor, steps, times
        case delay = "delay_seconds"
        case grace = "grace_seconds"
    }
}
