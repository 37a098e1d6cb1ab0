import Recipes

/// The end of a step: gradients over the replicas, the tied embedding, norm and clip, AdamW, and the gathering of
/// parameters that were updated in shares.
extension StageBuilder {
    mutating func lowerStepEnd() {
        exchangePartialGradients()
        if let positionGradient { gatherPositions(positionGradient) }
        if layout.stridesLanes { addShardedLookup() } else { reduceGradients() }
        endPass(.reduceGradients)

        let ownedCount = shard.ownedCount
        let gradients = Operand(self.gradients, count: layout.stridesLanes ? ownedCount : shard.count)
        let parameters = Operand(self.parameters, count: buffers[self.parameters.index].count)
        let blockSums = buffer("block sums", .workspace, shard.owned.reduce(0) { $0 + $1.blocks }, .run, .float64)
        let first = buffer("first moment", .optimizer, ownedCount, .run)
        let second = buffer("second moment", .optimizer, ownedCount, .run)
        emit(.statistics(.squareSums), [gradients], [blockSums])
        emit(.statistics(.gatherSquares), [blockSums], [])
        emit(.statistics(.combineSquares), [], [])
        if storedType == .float32 {
            emit(.adamW(count: ownedCount), [gradients], [parameters, first, second, blockSums])
        } else {
            let masters = buffer(Program.mastersName, .optimizer, ownedCount, .run)
            emit(.adamW(count: ownedCount), [gradients], [masters, first, second, blockSums])
            emit(.roundShard(count: ownedCount), [masters], [parameters])
        }
        if layout.zero > 0, !Self.shardsParameters(layout) { gatherParameters() }
        emit(.statistics(.gatherUpdates), [blockSums], [])
        emit(.statistics(.combineUpdates), [], [])
        endPass(.optimizerStep)
    }

    /// The elements of the flat buffers that this rank updates, in a region.
    private func mine(_ region: ShardLayout.Region) -> Range<Int> {
        region.share(layout.zero == 0 ? 0 : coordinate.data)
    }

    /// Neighbouring lanes: one exchange of everything.
    private mutating func reduceGradients() {
        let flat = Operand(gradients, count: shard.count)
        for region in shard.regions {
            guard region.unit == .embedding, shard.embeddingCount > 0 else {
                reduceOverData(flat, region)
                continue
            }
            // Rule A9: head and look-up gradients are reduced apart and added once.
            if coordinate.pipeline == layout.pipeline - 1 { reduceOverData(flat, region) }
            if let lookup = lookupGradient { reduceOverData(lookup, region) }
            addLookup(flat[mine(region)], lookupGradient.map { $0[mine(region)] })
        }
    }

    /// Strided lanes: only the tied embedding is left to do.
    private mutating func addShardedLookup() {
        guard shard.embeddingCount > 0, let region = shard.regions.first else { return }
        let place = region.packed[coordinate.data]
        let head = Operand(gradients, offset: place, count: region.share(coordinate.data).count)
        addLookup(head, lookupGradient)
    }

    /// head += look-up: on one rank, or between the first and the last stage.
    private mutating func addLookup(_ head: Operand, _ lookup: Operand?) {
        if layout.pipeline > 1 {
            collective(.allReduceSum, .tied, lookup ?? head, into: head)
        } else if let lookup {
            emit(.add(count: head.count), [head, lookup], [head])
        }
    }

    private mutating func reduceOverData(_ operand: Operand, _ region: ShardLayout.Region) {
        let part = operand[region.elements]
        guard part.count > 0 else { return }
        // With ZeRO off every replica owns everything: the exchange still needs one chunk per member.
        if layout.zero == 0 {
            collective(.allReduceSum, .data, part)
        } else {
            collective(.reduceScatter, .data, part, cuts: region.cuts.map { $0 - region.elements.lowerBound })
        }
    }

    private mutating func gatherParameters() {
        for region in shard.regions where !region.elements.isEmpty {
            let part = Operand(parameters, offset: region.elements.lowerBound, count: region.elements.count)
            collective(.allGather, .data, part, cuts: region.cuts.map { $0 - region.elements.lowerBound })
        }
    }
}
