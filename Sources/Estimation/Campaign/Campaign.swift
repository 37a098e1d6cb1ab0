import ClusterProfiles
import Diagnostics

/// A whole run on a cluster: its time, energy, carbon and money, failures and waits included.
///
/// Figures are means of seeded runs in virtual time (`CampaignRun`); the interval says how far such runs lie apart.
/// Energy is the integral of what nodes draw at what they do (`EnergyModel`) over the time that they are held, for the
/// whole site (power usage effectiveness). What the nodes would draw idle is idle energy, the rest dynamic.
///
/// Everything is counted for whole nodes, as batch systems charge a job that holds them: accelerator-hours, money and the
/// making of the hardware include the accelerators of the last node that the layout leaves unused, and so does energy, at
/// what those draw idle.
public struct Campaign: Sendable, Equatable {
    public var steps: Int
    /// Those that the layout uses.
    public var accelerators: Int
    /// All of the nodes that are held for the layout.
    public var heldAccelerators: Int
    /// Whole nodes that are held for the layout.
    public var nodes: Int
    /// Nodes held to stand in for others.
    public var spareNodes: Int
    /// Where the time goes.
    public var time: Time
    public var dynamicKilowattHours: Double
    public var idleKilowattHours: Double
    public var carbon: Footprint
    /// `nil` if the profile has no price.
    public var cost: Cost?
    /// `nil` if the profile does not say how often nodes fail.
    public var expectedFailures: Double?
    /// Share of the time with nodes in which steps were made that count; `nil` for the same reason.
    public var goodput: Double?
    /// `nil` if nothing in the run is left to chance.
    public var interval: CampaignInterval?
    public var checkpoint: Checkpoint
    /// How much longer a step takes because of a slow accelerator, over the step without it; `nil` if all are equal.
    public var slowNodeCost: Double?
    public var factors: [CampaignFactor]
    /// Whether accelerators are taken to draw their rated power all the time.
    public var assumesRatedPower: Bool

    public struct Cost: Sendable, Equatable {
        public var amount: Double
        /// Three letters, ISO 4217.
        public var currency: String
    }

    public struct Checkpoint: Sendable, Equatable {
        public var bytes: Double
        public var writeSeconds: Double
        /// 0 for only after the last step.
        public var everySteps: Int
        /// Work between two of them, at the full batch; `nil` if there is only one.
        public var intervalSeconds: Double?
        /// Of which least is lost (Young, Daly); `nil` if nothing is known to fail.
        public var optimalSeconds: Double?
    }

    /// Seconds of each kind.
    public struct Time: Sendable, Equatable {
        public var steps, evaluation, checkpoint: Double
        /// From the start of jobs to their first step.
        public var start: Double
        /// Work that failures undid.
        public var lost: Double
        /// From failures until their jobs had ended.
        public var down: Double
        /// Waiting for a job's turn, and for a node where too few were left.
        public var queue: Double
        public var jobs: Double

        /// While nodes are held.
        public var reserved: Double { steps + evaluation + checkpoint + start + lost + down }
    }

    /// From the first job's submission to the last one's end.
    public var seconds: Double { time.reserved + time.queue }
    public var days: Double { seconds / 86400 }
    /// Of all accelerators of the nodes that are held for the layout, used or not.
    public var acceleratorHours: Double { Double(heldAccelerators) * time.reserved / 3600 }
    /// Of the nodes held to stand in for others.
    public var spareAcceleratorHours: Double
    public var energyKilowattHours: Double { dynamicKilowattHours + idleKilowattHours }
}
