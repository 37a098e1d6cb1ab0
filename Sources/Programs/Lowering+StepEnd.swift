import Recipes

/// The end of a step: gradients over the replicas, the tied embedding, norm and clip, AdamW, and ZeRO-1's gather.
extension StageBuilder {
    mutating func lowerStepEnd() {
        let reduction: CollectiveOperation.Kind = layout.zero == 0 ? .allReduceSum : .reduceScatter
        let share = layout.zero == 0 ? 0 : coordinate.data
        let flat = Operand(gradients, count: shard.count)
        lowerEmbeddingReduction(reduction, share: share)
        reduceOverData(reduction, flat, from: shard.embeddingCount, to: shard.count, cuts: shard.restCuts)
        endPass(.reduceGradients)

        let owned = shard.owned
        let ownedCount = owned.reduce(0) { $0 + $1.count }
        let blockSums = buffer("block sums", .workspace, owned.reduce(0) { $0 + $1.blocks }, .run, .float64)
        let first = buffer("first moment", .optimizer, ownedCount, .run)
        let second = buffer("second moment", .optimizer, ownedCount, .run)
        emit(.statistics(.squareSums), [flat], [blockSums])
        emit(.statistics(.gatherSquares), [blockSums], [])
        emit(.statistics(.combineSquares), [], [])
        let parameters = Operand(self.parameters, count: shard.count)
        emit(.adamW(count: ownedCount), [flat], [parameters, first, second, blockSums])
        if layout.zero > 0 {
            gatherOverData(parameters, from: 0, to: shard.embeddingCount, cuts: shard.embeddingCuts)
            gatherOverData(parameters, from: shard.embeddingCount, to: shard.count, cuts: shard.restCuts)
        }
        emit(.statistics(.gatherUpdates), [blockSums], [])
        emit(.statistics(.combineUpdates), [], [])
        endPass(.optimizerStep)
    }

    /// Rule A9: head and look-up gradients are reduced apart and added once.
    private mutating func lowerEmbeddingReduction(_ reduction: CollectiveOperation.Kind, share: Int) {
        let count = shard.embeddingCount
        guard count > 0 else { return }
        let head = Operand(gradients, count: count)
        let cuts = shard.embeddingCuts
        let mine = cuts[share]..<cuts[share + 1]
        let lookup = lookupGradient
        if isLast { reduceOverData(reduction, head, from: 0, to: count, cuts: cuts) }
        if let lookup { reduceOverData(reduction, lookup, from: 0, to: count, cuts: cuts) }
        if layout.pipeline > 1 {
            collective(.allReduceSum, .tied, (lookup ?? head)[mine], into: head[mine])
        } else if let lookup {
            emit(.add(count: mine.count), [head[mine], lookup[mine]], [head[mine]])
        }
    }

    private mutating func reduceOverData(
        _ kind: CollectiveOperation.Kind, _ operand: Operand, from: Int, to: Int, cuts: [Int]
    ) {
        guard to > from else { return }
        // With ZeRO off every replica owns everything: the exchange still needs one chunk per member.
        let cuts = layout.zero == 0 ? nil : cuts.map { $0 - from }
        collective(kind, .data, operand[from..<to], cuts: cuts)
    }

    private mutating func gatherOverData(_ operand: Operand, from: Int, to: Int, cuts: [Int]) {
        guard to > from else { return }
        collective(.allGather, .data, operand[from..<to], cuts: cuts.map { $0 - from })
    }
}
