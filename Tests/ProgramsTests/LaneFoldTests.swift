import Recipes
import Testing

@testable import Programs

/// Sums are strings with every bracket kept, so that two different trees are never equal.
@Suite("Lane fold") struct LaneFoldTests {
    @Test("The slot walk builds the tree of A4 over lanes, whatever the micro-batch", arguments: 1...24)
    func slotWalk(lanes: Int) throws {
        for fold in Self.folds(lanes: lanes) {
            let tree = Tree.over(Self.laneSums(fold))
            #expect(Self.walk(fold, keeping: fold.persistentSlots) == tree, "\(fold)")
        }
    }

    @Test("Whole lanes folded on their own give the same tree in no more than laneSlots", arguments: 1...24)
    func laneWalk(lanes: Int) throws {
        for fold in Self.folds(lanes: lanes) {
            #expect(Self.walkLanes(fold) == Tree.over(Self.laneSums(fold)), "\(fold)")
        }
    }

    @Test("With one slot fewer between micro-batches the sum is lost: the bound is exact", arguments: 1...24)
    func persistentSlotsAreNeeded(lanes: Int) {
        for fold in Self.folds(lanes: lanes) where fold.microbatches > 1 {
            #expect(Self.walk(fold, keeping: fold.persistentSlots - 1) == nil, "\(fold)")
        }
    }

    @Test("A micro-batch that spans all lanes needs one slot; single samples of power-of-two lanes need log2 + 1")
    func slotCounts() {
        #expect(LaneFold(lanes: 8, samplesPerLane: 2, microBatch: 16).persistentSlots == 1)
        #expect(LaneFold(lanes: 8, samplesPerLane: 2, microBatch: 1).persistentSlots == 4)
        #expect(LaneFold(lanes: 8, samplesPerLane: 1, microBatch: 2).persistentSlots == 2)
        #expect(LaneFold(lanes: 8, samplesPerLane: 2, microBatch: 1).laneSlots == 3)
    }

    @Test("Lane sums outlive a micro-batch only where lanes or trees are open at its end")
    func laneCopies() {
        #expect(LaneFold(lanes: 8, samplesPerLane: 2, microBatch: 16).laneCopies == 0)
        #expect(LaneFold(lanes: 8, samplesPerLane: 2, microBatch: 2).laneCopies == 2)
        #expect(LaneFold(lanes: 8, samplesPerLane: 2, microBatch: 4).laneCopies == 2)
        #expect(LaneFold(lanes: 8, samplesPerLane: 2, microBatch: 1).laneCopies == 3)
    }

    @Test("Subtrees of ranks, added by A4, are the whole tree for every legal degree", arguments: 1...24)
    func degrees(leaves: Int) {
        let names = (0..<leaves).map { "x\($0)" }
        for degree in Recipe.legalDegrees(leaves: leaves) {
            let share = leaves / degree
            let partials = (0..<degree).map { rank in
                Self.walkSegments(Array(names[rank * share..<(rank + 1) * share]))
            }
            #expect(Tree.over(partials) == Tree.over(names), "degree \(degree)")
        }
    }

    @Test("An illegal degree would give another tree: the rule refuses what it must")
    func illegalDegree() {
        let names = (0..<12).map { "x\($0)" }
        #expect(!Recipe.legalDegrees(leaves: 12).contains(2))
        #expect(Tree.over([Tree.over(Array(names[..<6])), Tree.over(Array(names[6...]))]) != Tree.over(names))
    }
}

extension LaneFoldTests {
    /// All micro-batches that divide the samples, for 1 to 3 samples per lane: inside, across and over several lanes.
    static func folds(lanes: Int) -> [LaneFold] {
        (1...3).flatMap { samplesPerLane in
            let samples = lanes * samplesPerLane
            return (1...samples).filter { samples % $0 == 0 }.map {
                LaneFold(lanes: lanes, samplesPerLane: samplesPerLane, microBatch: $0)
            }
        }
    }

    static func laneSums(_ fold: LaneFold) -> [String] {
        (0..<fold.lanes).map { lane in
            let samples = (0..<fold.samplesPerLane).map { "s\(lane * fold.samplesPerLane + $0)" }
            return samples.dropFirst().reduce(samples[0]) { "(\($0)+\($1))" }
        }
    }

    /// What slot 0 holds at the end; `nil` when a slot is read that was not kept.
    static func walk(_ fold: LaneFold, keeping persistent: Int) -> String? {
        var slots: [Int: String] = [:]
        for microbatch in 0..<fold.microbatches {
            slots = slots.filter { $0.key < persistent }
            for step in fold.steps(microbatch: microbatch) {
                let sample = "s\(microbatch * fold.microBatch + step.sample)"
                guard push(sample, adds: step.adds, slot: step.slot, &slots) else { return nil }
            }
        }
        return persistent > 0 ? slots[0] : nil
    }

    static func walkLanes(_ fold: LaneFold) -> String? {
        var slots: [Int: String] = [:]
        var lane: String?
        for microbatch in 0..<fold.microbatches {
            for step in fold.steps(microbatch: microbatch) {
                let sample = "s\(microbatch * fold.microBatch + step.sample)"
                if step.opensLane { lane = nil }
                lane = lane.map { "(\($0)+\(sample))" } ?? sample
                guard step.closesLane, let sum = lane else { continue }
                guard push(sum, adds: step.laneAdds, slot: step.laneSlot, &slots),
                    slots.keys.allSatisfy({ $0 < fold.laneSlots })
                else { return nil }
            }
        }
        return slots[0]
    }

    static func walkSegments(_ leaves: [String]) -> String {
        var slots: [Int: String] = [:]
        for (leaf, step) in zip(leaves, LaneFold.segments(leaves.count)) {
            guard push(leaf, adds: step.adds, slot: step.slot, &slots) else { return "lost" }
        }
        #expect(slots.keys.allSatisfy { $0 < LaneFold.segmentSlots(leaves.count) })
        return slots[0] ?? "empty"
    }

    /// What the kernels do with one chain: add slots from the highest down, each from the left, and keep the result.
    private static func push(_ value: String, adds: Int, slot: Int, _ slots: inout [Int: String]) -> Bool {
        var value = value
        for s in (slot..<slot + adds).reversed() {
            guard let left = slots[s] else { return false }
            value = "(\(left)+\(value))"
        }
        slots[slot] = value
        return true
    }
}

/// Rule A4 as it is written.
enum Tree {
    static func over(_ leaves: [String]) -> String {
        var block = 1
        while leaves.count % (2 * block) == 0 { block *= 2 }
        let roots = stride(from: 0, to: leaves.count, by: block).map { balanced(leaves[$0..<$0 + block]) }
        return roots.dropFirst().reduce(roots[0]) { "(\($0)+\($1))" }
    }

    private static func balanced(_ leaves: ArraySlice<String>) -> String {
        guard leaves.count > 1 else { return leaves[leaves.startIndex] }
        let middle = leaves.startIndex + leaves.count / 2
        return "(\(balanced(leaves[..<middle]))+\(balanced(leaves[middle...])))"
    }
}
