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

    // MARK: Strided lanes

    @Test("Rounds of every legal number of replicas, folded one after the other, are the whole tree", arguments: 1...24)
    func rounds(lanes: Int) throws {
        let names = (0..<lanes).map { "x\($0)" }
        for replicas in try Self.stridedDegrees(lanes) {
            let fold = LaneFold(
                lanes: 1, samplesPerLane: 2, microBatch: 1, rounds: lanes / replicas, isStrided: replicas > 1)
            var slots: [Int: String] = [:]
            for round in 0..<fold.rounds {
                // The sum over the replicas, each with its lane of the round.
                let leaf = Tree.over((0..<replicas).map { names[fold.sample(2 * round, of: $0, among: replicas) / 2] })
                let (adds, slot) = fold.roundStep(round)
                #expect(Self.push(leaf, adds: adds, slot: slot, &slots))
                #expect(slots.keys.allSatisfy { $0 < fold.roundSlots })
            }
            #expect(slots[0] == Tree.over(names), "\(replicas) replicas")
        }
    }

    @Test("Other numbers of replicas would give another tree: the rule refuses what it must", arguments: 1...24)
    func otherRounds(lanes: Int) throws {
        let names = (0..<lanes).map { "x\($0)" }
        let legal = try Self.stridedDegrees(lanes)
        for replicas in 1...lanes where lanes % replicas == 0 && !legal.contains(replicas) {
            let rounds = stride(from: 0, to: lanes, by: replicas).map { Tree.over(Array(names[$0..<$0 + replicas])) }
            #expect(Tree.over(rounds) != Tree.over(names), "\(replicas) replicas")
        }
    }

    @Test("Replicas that take lanes in turns see every sample once, whole lanes at a time")
    func stridedSamples() {
        for (rounds, samplesPerLane, replicas) in [(4, 2, 2), (1, 3, 8), (3, 1, 4)] {
            let fold = LaneFold(
                lanes: 1, samplesPerLane: samplesPerLane, microBatch: 1, rounds: rounds, isStrided: true)
            let seen = (0..<replicas).flatMap { replica in
                (0..<rounds * samplesPerLane).map { fold.sample($0, of: replica, among: replicas) }
            }
            #expect(seen.sorted() == Array(0..<rounds * samplesPerLane * replicas))
            for sample in 0..<rounds * samplesPerLane {
                let lane = fold.sample(sample, of: 1, among: replicas) / samplesPerLane
                #expect(lane == sample / samplesPerLane * replicas + 1)
            }
        }
    }

    @Test("A lane is closed by the micro-batch with its last sample, and only where lanes are taken in turns")
    func closing() {
        let strided = LaneFold(lanes: 1, samplesPerLane: 4, microBatch: 2, rounds: 3, isStrided: true)
        #expect((0..<strided.microbatches).map(strided.closesLane) == [false, true, false, true, false, true])
        #expect((0..<strided.microbatches).map { strided.round(of: $0) } == [0, 0, 1, 1, 2, 2])
        let neighbours = LaneFold(lanes: 3, samplesPerLane: 4, microBatch: 2)
        #expect(!(0..<neighbours.microbatches).contains(where: neighbours.closesLane))
    }

    private static func stridedDegrees(_ lanes: Int) throws -> [Int] {
        var recipe = Nano.recipe()
        recipe.lanes = lanes
        return recipe.legalDataDegrees(zero: 2)
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
