import ClusterProfiles
import Diagnostics
import Recipes

/// What a plan is asked for.
public struct PlanRequest: Sendable, Equatable {
    /// Whole nodes, all of whose accelerators are used.
    public var nodes: Int
    /// How many layouts to rank, at most ``topMost``.
    public var top: Int
    /// Each layout ranked is estimated in full, which takes some hundredths of a second.
    public static let topMost = 10_000
    /// Values that the search may not change; `nil` is free.
    public var fixed: Fixed
    public var constraints: Constraints
    /// Threads that share the search; cannot change its result.
    public var threads: Int

    /// Parts of the layout that the user has chosen.
    public struct Fixed: Sendable, Equatable {
        public var tensor, pipeline, interleave, data, microBatch, zero: Int?
        public var schedule: Layout.Schedule?
        public var recompute: Layout.Recompute?
        public var sequenceParallel: Bool?

        public init() {}

        /// Those of the recipe's overrides that speak of the layout.
        public init(_ overrides: RecipeOverrides) {
            (tensor, pipeline, interleave) = (overrides.tensor, overrides.pipeline, overrides.interleave)
            (data, microBatch, zero) = (overrides.data, overrides.microBatch, overrides.zero)
            (schedule, recompute) = (overrides.schedule, overrides.recompute)
            sequenceParallel = overrides.sequenceParallel
        }
    }

    /// What a layout must keep to be a candidate.
    public struct Constraints: Sendable, Equatable {
        /// Of the whole run.
        public var daysMax: Double?
        /// Of the whole run, in the profile's currency.
        public var costMax: Double?
        /// Model operations over the accelerators' peak, 0 to 1.
        public var utilisationMin: Double?

        public init(daysMax: Double? = nil, costMax: Double? = nil, utilisationMin: Double? = nil) {
            self.daysMax = daysMax
            self.costMax = costMax
            self.utilisationMin = utilisationMin
        }

        public var isEmpty: Bool { self == Constraints() }
    }

    public init(
        nodes: Int, top: Int = 5, fixed: Fixed = Fixed(), constraints: Constraints = Constraints(), threads: Int = 2
    ) {
        self.nodes = nodes
        self.top = top
        self.fixed = fixed
        self.constraints = constraints
        self.threads = threads
    }
}

extension ClusterProfile {
    /// The whole nodes that a limit on accelerators allows, at least one.
    ///
    /// Throws `plan.max-accelerators` where a node has more, or so many nodes that were asked for.
    public func nodes(maxAccelerators: Int, asked: Int? = nil) throws(Diagnostic) -> Int {
        let perNode = nodes.acceleratorsPerNode
        let most = min(nodes.count, maxAccelerators / perNode)
        guard most >= asked ?? 1 else {
            throw Diagnostic(
                "plan.max-accelerators",
                "\(Lines.nodes(asked ?? 1)) of \(name) \(asked ?? 1 == 1 ? "has" : "have") more accelerators",
                at: .init(key: "--max-accelerators"),
                expected: "at least \((asked ?? 1).multipliedReportingOverflow(by: perNode).partialValue)",
                found: "\(maxAccelerators)")
        }
        return asked ?? most
    }
}
