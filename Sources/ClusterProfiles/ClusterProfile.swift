/// What a cluster is, as far as time, memory, energy and cost of a run depend on it; every figure names its source.
///
/// Figures keep the unit of their YAML key, which is also in their name; computed properties give SI units.
public struct ClusterProfile: Sendable, Equatable {
    public var name: String
    public var description: String
    public var site: Site
    public var nodes: Nodes
    public var accelerator: Accelerator
    /// Between the accelerators of a node.
    public var intraNode: IntraNodeLink
    /// Between nodes.
    public var interNode: InterNodeNetwork
    public var storage: Storage
    /// `nil` where each step of a collective costs its link's latency.
    public var collectives: Collectives?
    /// What other engines add; `nil` if none was measured.
    public var engines: Engines?
    /// Where to submit jobs; `nil` for a machine without Slurm.
    public var slurm: Slurm?
    /// `nil` where no estimate was compared with measurements.
    public var uncertainty: Uncertainty?
    /// How often nodes fail and what that costs; `nil` if nobody knows.
    public var reliability: Reliability?
    /// What accelerators draw at what they do; `nil` if only their rated power is known.
    public var power: Power?

    /// The number of accelerators in the whole cluster.
    public var accelerators: Int { nodes.count * nodes.acceleratorsPerNode }

    /// Energy, carbon and money.
    public struct Site: Sendable, Equatable {
        /// Energy of the whole site per energy of the machines.
        public var powerUsageEffectiveness: Figure
        public var carbonIntensityGramsPerKilowattHour: Figure
        /// To make one node, without its accelerators.
        public var embodiedKilogramsPerServer: Figure
        public var embodiedKilogramsPerAccelerator: Figure
        public var lifetimeYears: Figure
        /// Share of its life that the machine works.
        public var utilisation: Figure
        /// `nil` if nobody pays by the hour.
        public var price: Price?

        public struct Price: Sendable, Equatable {
            public var perAcceleratorHour: Figure
            /// Three letters, ISO 4217.
            public var currency: String
        }
    }

    public struct Nodes: Sendable, Equatable {
        public var countFigure: Figure
        public var acceleratorsPerNodeFigure: Figure
        public var coresPerNodeFigure: Figure
        public var memoryGiB: Figure
        /// A node that waits for work, accelerators included.
        public var idleWatts: Figure
        /// A node at work, without its accelerators: processors, memory, adapters, fans.
        public var otherWatts: Figure

        public var count: Int { Int(countFigure.value) }
        public var acceleratorsPerNode: Int { Int(acceleratorsPerNodeFigure.value) }
        public var coresPerNode: Int { Int(coresPerNodeFigure.value) }
        public var memoryBytes: Double { memoryGiB.value * gibibyte }
    }

    public struct Accelerator: Sendable, Equatable {
        public var name: String
        public var memoryGiB: Figure
        public var peakTeraflopsPerSecond: Peaks
        /// Share of the peak that a large matrix product reaches.
        public var matmulFraction: Figure
        public var memoryBandwidthGigabytesPerSecond: Figure
        /// Share of the memory bandwidth that a long stream reaches.
        public var memoryFraction: Figure
        /// From one kernel to the next, when neither computes.
        public var kernelLaunchMicroseconds: Figure
        public var tdpWatts: Figure
        /// Memory that driver and framework hold before any tensor.
        public var frameworkContextGiB: Figure
        /// `nil` for a processor.
        public var kernels: Kernels?
        /// `nil` where the engine's kernels were not measured.
        public var rates: Rates?

        /// Dense peak per element type; `nil` where the accelerator has no unit for the type.
        public struct Peaks: Sendable, Equatable {
            public var float32: Figure
            public var float16: Figure?
            public var bfloat16: Figure?
            public var tf32: Figure?
            public var float8: Figure?
        }

        public var memoryBytes: Double { memoryGiB.value * gibibyte }
        public var frameworkContextBytes: Double { frameworkContextGiB.value * gibibyte }
        /// Achievable, not peak.
        public var memoryBytesPerSecond: Double { memoryBandwidthGigabytesPerSecond.value * 1e9 * memoryFraction.value }
        public var kernelLaunchSeconds: Double { kernelLaunchMicroseconds.value * 1e-6 }
    }

    public struct IntraNodeLink: Sendable, Equatable {
        public var kind: String
        /// One direction, all links of one accelerator together.
        public var bandwidthGigabytesPerSecond: Figure
        /// One direction between two accelerators, where each pair has links of its own; `nil` behind a switch.
        public var pairBandwidthGigabytesPerSecond: Figure?
        public var latencyMicroseconds: Figure
        /// Share of the bandwidth that a long transfer reaches.
        public var achievedFraction: Figure

        /// Achievable, one direction, per accelerator.
        public var bytesPerSecond: Double { bandwidthGigabytesPerSecond.value * 1e9 * achievedFraction.value }
        public var latencySeconds: Double { latencyMicroseconds.value * 1e-6 }

        /// Achievable, one direction, per accelerator, among so many of them.
        public func bytesPerSecond(among members: Int) -> Double {
            guard let pair = pairBandwidthGigabytesPerSecond?.value else { return bytesPerSecond }
            return min(bytesPerSecond, pair * 1e9 * Double(max(1, members - 1)) * achievedFraction.value)
        }
    }

    public struct InterNodeNetwork: Sendable, Equatable {
        public var kind: String
        public var topology: Topology
        public var linksPerNodeFigure: Figure
        /// One direction of one link.
        public var bandwidthGigabytesPerSecond: Figure
        public var latencyMicroseconds: Figure
        /// Share of the bandwidth that a long transfer reaches: in a collective and, where that differs, between two
        /// neighbours.
        public var achievedFraction: Figure
        public var pointToPointFraction: Figure?

        public enum Topology: String, Sendable, CaseIterable { case none, fatTree = "fat-tree", hypercube }

        public var linksPerNode: Int { Int(linksPerNodeFigure.value) }
        /// Achievable, one direction, all links of a node together.
        public var bytesPerSecondPerNode: Double {
            bandwidthGigabytesPerSecond.value * 1e9 * linksPerNodeFigure.value * achievedFraction.value
        }
        /// The same where two neighbours exchange messages.
        public var pointToPointBytesPerSecondPerNode: Double {
            guard let fraction = pointToPointFraction?.value else { return bytesPerSecondPerNode }
            return bandwidthGigabytesPerSecond.value * 1e9 * linksPerNodeFigure.value * fraction
        }
        public var latencySeconds: Double { latencyMicroseconds.value * 1e-6 }
    }

    /// The file system that checkpoints go to, as one job sees it.
    public struct Storage: Sendable, Equatable {
        public var writeGigabytesPerSecond: Figure
        public var readGigabytesPerSecond: Figure
        public var latencyMilliseconds: Figure

        public var writeBytesPerSecond: Double { writeGigabytesPerSecond.value * 1e9 }
        public var readBytesPerSecond: Double { readGigabytesPerSecond.value * 1e9 }
        public var latencySeconds: Double { latencyMilliseconds.value * 1e-3 }
    }

    public struct Slurm: Sendable, Equatable {
        public var partition: String
        public var constraint: String?
        public var qos: String?
        /// What the name of a project's account gets added for this partition, such as `@a100`.
        public var accountSuffix: String?
        /// Environment modules that a job loads first, separated by spaces.
        public var modules: String?
        /// How srun starts MPI programs; `pmix` where nothing is said.
        public var mpi: String?
        public var coresPerAcceleratorFigure: Figure
        public var timeLimitHours: Figure
        /// As many accelerators as a job of this quality of service may have; `nil` for no limit but the partition's.
        public var acceleratorsMost: Figure?
        /// What a job waits for its turn, on average; `nil` if nobody knows.
        public var queueWaitHours: Figure?

        public var coresPerAccelerator: Int { Int(coresPerAcceleratorFigure.value) }
    }
}

private let gibibyte = 0x1p30
