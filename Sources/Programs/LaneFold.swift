/// How a rank's samples become one gradient: the tree of rule A6, walked as a binary counter.
///
/// A rank holds `lanes` leaves of `samplesPerLane` samples each and sees them in micro-batches. Partial results live in
/// numbered slots; slot 0 holds the rank's subtree when the last sample is done.
public struct LaneFold: Sendable, Equatable {
    public var lanes: Int
    public var samplesPerLane: Int
    public var microBatch: Int

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

    public init(lanes: Int, samplesPerLane: Int, microBatch: Int) {
        self.lanes = lanes
        self.samplesPerLane = samplesPerLane
        self.microBatch = microBatch
    }

    public var microbatches: Int { lanes * samplesPerLane / microBatch }

    /// Whether one micro-batch holds all samples, so that nothing needs to outlive it.
    public var isOneMicrobatch: Bool { microbatches == 1 }

    /// Whether some lane is open at a micro-batch's end.
    public var lanesStraddle: Bool { microBatch % samplesPerLane != 0 }

    /// Copies of a sum whose lanes have accumulators of their own (A9) that must outlive a micro-batch beside slot 0: the
    /// open lane, then the other slots of complete lanes.
    public var laneCopies: Int { isOneMicrobatch ? 0 : laneSlots - (lanesStraddle ? 0 : 1) }

    /// The steps of one micro-batch, in sample order.
    public func steps(microbatch: Int) -> [Step] {
        (0..<microBatch).map { i in
            let sample = microbatch * microBatch + i
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
        (1...microbatches).map { occupied(after: $0 * microBatch) }.max() ?? 1
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
