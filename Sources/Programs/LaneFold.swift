import Recipes

/// How a rank's samples become one gradient: the tree of rule A6, walked as a binary counter.
///
/// A rank sees `lanes` neighbouring leaves of `samplesPerLane` samples each, in micro-batches. Partial results live in
/// numbered slots; slot 0 holds the rank's subtree when the last sample is done. Where the replicas take lanes in turns
/// (strided lanes) this happens in `rounds`: each ends with one lane per replica, whose sum over the replicas is a leaf
/// of the tree over rounds.
public struct LaneFold: Sendable, Equatable {
    public var lanes: Int
    public var samplesPerLane: Int
    public var microBatch: Int
    public var rounds: Int
    /// Whether replicas take lanes in turns.
    public var isStrided: Bool

    /// What becomes of one sample's sum: `adds` slots, from `slot + adds − 1` down to `slot`, are added to its left, and
    /// the result is kept in `slot`.
    public struct Step: Sendable, Equatable {
        /// Index within the micro-batch.
        public var sample: Int
        public var opensLane: Bool
        public var closesLane: Bool
        public var adds: Int
        public var slot: Int
        /// For sums that accumulate a lane outside the slots (A7): the slots added when the lane closes.
        public var laneAdds: Int
        /// The slot that a closed lane is kept in.
        public var laneSlot: Int { slot }
    }

    public init(lanes: Int, samplesPerLane: Int, microBatch: Int, rounds: Int = 1, isStrided: Bool = false) {
        self.lanes = lanes
        self.samplesPerLane = samplesPerLane
        self.microBatch = microBatch
        self.rounds = rounds
        self.isStrided = isStrided
    }

    /// The fold of each of a layout's replicas.
    public init(_ recipe: Recipe) {
        let share = recipe.lanes / recipe.layout.data
        self.init(
            lanes: recipe.layout.stridesLanes ? 1 : share, samplesPerLane: recipe.batch.global / recipe.lanes,
            microBatch: recipe.layout.microBatch, rounds: recipe.layout.stridesLanes ? share : 1,
            isStrided: recipe.layout.stridesLanes)
    }

    /// Micro-batches of a step, and of one of its rounds.
    public var microbatches: Int { rounds * microbatchesPerRound }
    public var microbatchesPerRound: Int { lanes * samplesPerLane / microBatch }

    /// The round that a micro-batch belongs to.
    public func round(of microbatch: Int) -> Int { microbatch / microbatchesPerRound }

    /// Whether a micro-batch is the last of a lane that replicas take in turns.
    public func closesLane(_ microbatch: Int) -> Bool {
        isStrided && microbatch % microbatchesPerRound == microbatchesPerRound - 1
    }

    /// The place in the global batch of a replica's sample, counted in the order in which the replica sees them.
    public func sample(_ sample: Int, of replica: Int, among replicas: Int) -> Int {
        let perRound = lanes * samplesPerLane
        return (sample / perRound * replicas + replica) * perRound + sample % perRound
    }

    /// The slots merged into a round's leaf, and the slot that keeps the result.
    public func roundStep(_ round: Int) -> (adds: Int, slot: Int) {
        let merged = Self.merges(leaf: round, of: rounds)
        return (merged, Self.depth(after: round, of: rounds) - merged)
    }

    /// Slots that folding the rounds touches.
    public var roundSlots: Int { Self.segmentSlots(rounds) }

    /// Whether one micro-batch holds all samples of a round, so that nothing needs to outlive it.
    public var isOneMicrobatch: Bool { microbatchesPerRound == 1 }

    /// Whether some lane is open at a micro-batch's end.
    public var lanesStraddle: Bool { microBatch % samplesPerLane != 0 }

    /// Copies of a sum whose lanes have accumulators of their own (A9) that must outlive a micro-batch beside slot 0: the
    /// open lane, then the other slots of complete lanes.
    ///
    /// A single lane is its own slot 0.
    public var laneCopies: Int { isOneMicrobatch || lanes == 1 ? 0 : laneSlots - (lanesStraddle ? 0 : 1) }

    /// The steps of one micro-batch, in sample order.
    public func steps(microbatch: Int) -> [Step] {
        (0..<microBatch).map { i in
            let sample = microbatch % microbatchesPerRound * microBatch + i
            let lane = sample / samplesPerLane
            let opens = sample % samplesPerLane == 0
            let closes = sample % samplesPerLane == samplesPerLane - 1
            let held = Self.depth(after: lane, of: lanes)
            let merges = closes ? Self.merges(leaf: lane, of: lanes) : 0
            return Step(
                sample: i, opensLane: opens, closesLane: closes, adds: (opens ? 0 : 1) + merges, slot: held - merges,
                laneAdds: merges)
        }
    }

    /// Slots that must outlive a micro-batch: the most that are occupied at any micro-batch's end.
    public var persistentSlots: Int {
        (1...microbatchesPerRound).map { occupied(after: $0 * microBatch) }.max() ?? 1
    }

    /// Slots that folding whole lanes touches, for sums whose open lane lives elsewhere (A7, A9).
    public var laneSlots: Int { Self.segmentSlots(lanes) }

    private func occupied(after samples: Int) -> Int {
        Self.depth(after: samples / samplesPerLane, of: lanes) + (samples % samplesPerLane == 0 ? 0 : 1)
    }

    /// Slots a binary counter holds after `leaf` of `leaves` leaves: complete roots make one, the rest its bits.
    static func depth(after leaf: Int, of leaves: Int) -> Int {
        let block = leaves & -leaves
        return (leaf / block > 0 ? 1 : 0) + (leaf % block).nonzeroBitCount
    }

    /// Slots merged when `leaf` (counted from 0) of `leaves` is complete.
    static func merges(leaf: Int, of leaves: Int) -> Int {
        let block = leaves & -leaves
        let inBlock = leaf % block
        let carries = (~inBlock).trailingZeroBitCount
        return carries + (inBlock == block - 1 && leaf / block > 0 ? 1 : 0)
    }

    /// The fold of `leaves` segments, one chain each (A5): pairs of (adds, slot).
    public static func segments(_ leaves: Int) -> [(adds: Int, slot: Int)] {
        (0..<leaves).map { leaf in
            let merged = merges(leaf: leaf, of: leaves)
            return (merged, depth(after: leaf, of: leaves) - merged)
        }
    }

    /// The largest number of slots that folding `leaves` segments touches.
    public static func segmentSlots(_ leaves: Int) -> Int {
        (segments(leaves).map { $0.slot }.max() ?? 0) + 1
    }
}
