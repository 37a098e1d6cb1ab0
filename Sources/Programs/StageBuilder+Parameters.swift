import Recipes

/// Where a pass finds a parameter and puts its gradient: in the rank's flat buffers or, where these are sharded over the
/// data ranks, in a region's own memory for as long as the pass needs it.
extension StageBuilder {
    func parameter(_ name: String) -> Operand {
        let (offset, count, region) = place(of: name)
        guard Self.shardsParameters(layout) else { return Operand(parameters, offset: offset, count: count) }
        guard let memory = gathered[region] else { preconditionFailure("\(name) has not been gathered") }
        let begin = offset - shard.regions[region].elements.lowerBound
        return memory[begin..<(begin + count)]
    }

    func gradient(_ name: String) -> Operand {
        let (offset, count, region) = place(of: name)
        guard layout.stridesLanes else { return Operand(gradients, offset: offset, count: count) }
        guard let memory = laneGradients[region] else { preconditionFailure("\(name) has no gradient in this pass") }
        let begin = offset - shard.regions[region].elements.lowerBound
        return memory[begin..<(begin + count)]
    }

    private func place(of name: String) -> (offset: Int, count: Int, region: Int) {
        guard let index = entries[name] else { preconditionFailure("the stage holds no parameter \(name)") }
        return (shard.entries[index].offset, shard.entries[index].count, regions[index])
    }

    private func region(_ unit: ModelParameters.Unit) -> Int? {
        shard.regions.firstIndex { $0.unit == unit }
    }

    /// This rank's share of a region, in a buffer that holds nothing but shares.
    private func own(_ region: Int, in buffer: BufferID) -> Operand {
        let share = shard.regions[region].share(coordinate.data)
        return Operand(buffer, offset: shard.regions[region].packed[coordinate.data], count: share.count)
    }

    // MARK: ZeRO-3

    /// Gathers the parameters of parts of the model that come next, while others compute; those already here stay.
    mutating func gather(_ units: [ModelParameters.Unit]) {
        guard Self.shardsParameters(layout) else { return }
        for index in units.compactMap(region) where gathered[index] == nil {
            let elements = shard.regions[index].elements
            let memory = passing("gathered \(index)", elements.count)
            let cuts = shard.regions[index].cuts.map { $0 - elements.lowerBound }
            emit(
                .collective(CollectiveOperation(.allGather, .data, count: elements.count, cuts: cuts)),
                [own(index, in: parameters)], [memory], on: .communication)
            gathered[index] = memory
        }
    }

    // MARK: Strided lanes (A6)

    /// Makes room for the gradients of a lane.
    mutating func beginGradients(_ units: [ModelParameters.Unit]) {
        guard layout.stridesLanes else { return }
        for index in units.compactMap(region) where laneGradients[index] == nil {
            let name = "lane gradient \(index)", count = shard.regions[index].elements.count
            laneGradients[index] =
                lanesOutliveMicrobatches ? buffer(name, .gradients, count, .run) : scratch(name, count)
        }
    }

    /// At a lane's end: sends the gradients of parts of the model to their owners, and takes in those sent before.
    mutating func endGradients(_ units: [ModelParameters.Unit]) {
        guard layout.stridesLanes, closesLane else { return }
        exchangePartialGradients()
        takeInTravelling()
        for index in units.compactMap(region) {
            guard let sum = laneGradients[index] else { continue }
            let elements = shard.regions[index].elements
            scatterRound(
                sum, cuts: shard.regions[index].cuts.map { $0 - elements.lowerBound }, to: own(index, in: gradients),
                stride: shard.ownedCount)
        }
    }

    /// The same for a sum beside the gradients: the look-up's of a tied embedding.
    mutating func endLookupGradient(_ sum: Operand) {
        guard layout.stridesLanes, let index = region(.embedding) else { return }
        let kept = buffer(
            "look-up gradient", .gradients, own(index, in: gradients).count * fold.roundSlots, .run)
        lookupGradient = kept[0..<own(index, in: gradients).count]
        guard closesLane, let gradient = lookupGradient else { return }
        scatterRound(sum, cuts: shard.regions[index].cuts, to: gradient, stride: gradient.count)
    }

    private mutating func scatterRound(_ sum: Operand, cuts: [Int], to gradient: Operand, stride: Int) {
        let mine = sum[cuts[coordinate.data]..<cuts[coordinate.data + 1]]
        emit(
            .collective(CollectiveOperation(.reduceScatter, .data, count: sum.count, cuts: cuts)), [sum], [mine],
            on: .communication)
        travelling.append((mine, gradient, stride))
    }

    /// Adds the rounds' sums that have come to their trees.
    mutating func takeInTravelling() {
        for (sum, gradient, stride) in travelling where gradient.count > 0 {
            emit(.foldRound(count: gradient.count, stride: stride, fold), [sum], [gradient])
        }
        travelling = []
    }

    // MARK: Parts of the sequence (A7)

    /// Tensor ranks add their parts of the replicated gradients of every lane; then lanes are added.
    mutating func exchangePartialGradients() {
        for (lanes, gradient) in partialGradients {
            collective(.allReduceSum, .tensor, lanes)
            emit(.foldLanes(width: gradient.count, lanes: lanes.count / gradient.count), [lanes], [gradient])
        }
        partialGradients = []
    }
}
