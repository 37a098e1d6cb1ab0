import CKernels
import Programs

/// Gradients whose lanes have accumulators of their own (A7, A9).
extension RankExecutor {
    /// One accumulator per part of the sequence. At a lane's end they are added (A7), or stay apart where each part is a
    /// position with a gradient of its own.
    func replicatedGradient(_ width: Int, parts: Int, addsParts: Bool, _ fold: LaneFold, _ x: Operands) {
        let lane = x.write(0)
        let count = addsParts ? width : parts * width
        let keepsLanes = addsParts && x.instruction.pointee.writes[1].count == fold.lanes * width
        let slots =
            keepsLanes
            ? (0..<fold.lanes).map { UnsafeMutablePointer?(x.write(1) + $0 * width) }
            : laneSlots(first: x.write(1), rest: lane + parts * width, count: count, fold)
        let steps = keepsLanes ? apartSteps(fold, x.microbatch) : kernelSteps
        // [dy], [dy, x, rstd] or [dy, x, mean, rstd].
        let reads = x.instruction.pointee.reads.count
        serre_replicated_gradient_lanes(
            context, steps, Int64(laneSteps.count), Int64(localSequence), Int64(width), Int64(parts), addsParts,
            x.read(0), reads > 1 ? x.read(1) : nil, reads > 3 ? x.read(2) : nil, reads > 1 ? x.read(reads - 1) : nil,
            lane, slots)
    }

    func embeddingGradient(_ rows: Int, _ width: Int, _ fold: LaneFold, _ x: Operands) {
        let firstRow = Int64(coordinate.tensor * rows)
        let count = rows * width
        let lane = x.write(0)
        guard fold.lanesStraddle else {
            var slots = laneSlots(first: x.write(1), rest: lane, count: count, fold)
            if fold.isOneMicrobatch { for s in slots.indices.dropFirst() { slots[s] = nil } }
            return serre_embedding_gradient_lanes(
                context, kernelSteps, Int64(laneSteps.count), Int64(sequence), x.integers(0), firstRow, Int64(rows),
                Int64(width), x.read(1), slots, Int64(slots.count))
        }
        let slots = laneSlots(first: x.write(1), rest: lane + count, count: count, fold)
        // A single lane grows in slot 0 itself; others have an accumulator and are folded at their end.
        let open = fold.lanes == 1 ? x.write(1) : lane
        for step in laneSteps {
            if step.opensLane { open.update(repeating: 0, count: count) }
            let row = step.sample * sequence
            serre_embedding_gradient(
                context, 1, Int64(sequence), x.integers(0) + row, firstRow, Int64(rows), Int64(width),
                x.read(1) + row * width, open)
            if step.closesLane, fold.lanes > 1 {
                serre_fold(context, Int64(count), 1, lane, slots, Int32(step.laneAdds), Int32(step.laneSlot))
            }
        }
    }

    private var kernelSteps: [serre_lane_step] {
        laneSteps.map { step in
            serre_lane_step(
                opens: step.opensLane, closes: step.closesLane, adds: Int32(step.laneAdds), slot: Int32(step.laneSlot))
        }
    }

    /// Each lane in a slot of its own: they are added when other tensor ranks' parts have been.
    private func apartSteps(_ fold: LaneFold, _ microbatch: Int) -> [serre_lane_step] {
        let first = microbatch % fold.microbatchesPerRound * fold.microBatch
        return laneSteps.map { step in
            serre_lane_step(
                opens: step.opensLane, closes: step.closesLane, adds: 0,
                slot: Int32((first + step.sample) / fold.samplesPerLane))
        }
    }

    /// Tokens of each sample whose norms and residuals this rank has.
    private var localSequence: Int { layout.sequenceParallel ? sequence / layout.tensor : sequence }

    private func laneSlots(
        first: UnsafeMutablePointer<Float>, rest: UnsafeMutablePointer<Float>, count: Int, _ fold: LaneFold
    ) -> [UnsafeMutablePointer<Float>?] {
        [first] + (1..<max(fold.laneSlots, 1)).map { rest + ($0 - 1) * count }
    }
}
