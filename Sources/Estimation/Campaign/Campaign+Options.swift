extension Campaign {
    /// What a campaign may be asked to assume.
    public struct Options: Sendable, Equatable {
        public var checkpoints: Checkpoints = .recipe
        public var jobs: Jobs = .chained
        /// Nodes held idle to stand in for those that fail; `nil` if none is held and the cluster's others stand in.
        public var spareNodes: Int?
        /// How much slower than the others one accelerator computes, at least 1; `nil` if all are equal.
        public var slowNode: Double?
        /// Simulated runs from which the intervals come: at least ``runsMin``.
        public var runs = 1000
        /// Between the tenth and the ninetieth percentile of fewer runs lies hardly anything.
        public static let runsMin = 10

        public init() {}
    }

    /// How often the state is saved.
    public enum Checkpoints: Sendable, Equatable {
        /// As the recipe says; where it says never, as is optimal.
        case recipe
        case every(steps: Int)
        /// After Young and Daly.
        case optimal
    }

    /// What happens when a job ends before the run does.
    public enum Jobs: String, Sendable, CaseIterable {
        /// The next one has waited behind it and starts at once: a job array with `%1`, or a reservation.
        case chained
        /// Each waits for its turn.
        case queued
    }

    /// Seeded simulation is bounded: a run of more jobs and failures than this is refused.
    static let interruptionsMax = 100_000.0
    /// Jobs that are simulated at most over all runs.
    static let simulatedJobsMax = 2_000_000.0
}
