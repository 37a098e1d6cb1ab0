import CKernels
import Diagnostics
import Fabrics
import Programs

/// Norm, clip factor, loss and update sums: float64 numbers that every rank must know alike (A10, A11).
extension RankExecutor {
    func statisticsPhase(_ phase: Statistics, _ instruction: Instruction) throws(Diagnostic) -> Bool {
        switch phase {
        case .squareSums:
            sumSquares(instruction)
            return true
        case .gatherSquares:
            return try gatherBlocks(instruction.reads[0], withLosses: true)
        case .gatherUpdates:
            return try gatherBlocks(instruction.reads[0], withLosses: false)
        case .combineSquares:
            guard let (total, loss) = try combineOverReplica() else { return false }
            let norm = total.squareRoot()
            statistics.outcome = StepOutcome(loss: loss, gradientNorm: norm, updateSum: 0)
            statistics.outcome.isWithheld = input?.stepGuard?.withholds(loss: loss, gradientNorm: norm) ?? false
            let limit = recipe.optimizer.clip
            statistics.clip = limit > 0 ? Float(min(1, limit / (norm + 1e-6))) : 1
            return true
        case .combineUpdates:
            guard let (total, _) = try combineOverReplica() else { return false }
            statistics.outcome.updateSum = total
            return true
        }
    }

    private func sumSquares(_ instruction: Instruction) {
        let gradients = memory.floats(instruction.reads[0], microbatch: 0)
        let sums = memory.doubles(instruction.writes[0])
        var block = 0
        for range in program.shard.owned {
            let place = program.packsGradients ? range.packed : range.offset
            serre_square_sums(context, Int64(range.count), gradients + place, sums + block)
            block += range.blocks
        }
    }

    /// Data ranks exchange the block sums that ZeRO has spread over them, and the last stage its samples' losses.
    private func gatherBlocks(_ blockSums: Operand, withLosses: Bool) throws(Diagnostic) -> Bool {
        let mine = Array(UnsafeBufferPointer(start: memory.doubles(blockSums), count: blockSums.count))
        let losses = withLosses ? sampleLosses : []
        var shares = [mine]
        var allLosses = losses
        if layout.data > 1 {
            let group = Group.data.members(of: coordinate, in: layout)
            let sent = layout.zero == 0 ? losses : mine + losses
            guard
                let payloads = try gather({
                    ByteGather(
                        group: group, member: coordinate.data, tag: Tag.dataStatistics, payload: Payload(doubles: sent))
                })
            else { return false }
            let received = payloads.map { $0.doubles }
            if layout.zero > 0 { shares = received.map { Array($0.dropLast(losses.count)) } }
            allLosses = inBatchOrder(received.map { Array($0.suffix(losses.count)) })
        }
        statistics.addBlocks(shares)
        if withLosses, !allLosses.isEmpty { statistics.addSampleLosses(allLosses) }
        return true
    }

    /// The replicas' losses, each in the order in which its replica saw the samples, in that of the global batch.
    private func inBatchOrder(_ losses: [[Double]]) -> [Double] {
        let fold = program.laneFold(recipe)
        var all = [Double](repeating: 0, count: losses.reduce(0) { $0 + $1.count })
        for (replica, mine) in losses.enumerated() {
            for (i, loss) in mine.enumerated() { all[fold.sample(i, of: replica, among: losses.count)] = loss }
        }
        return all
    }

    /// The losses of this rank's samples, on the last stage.
    var sampleLosses: [Double] {
        guard let buffer = program.buffer(named: "sample losses") else { return [] }
        let operand = Operand(buffer, count: program.buffers[buffer.index].count)
        return Array(UnsafeBufferPointer(start: memory.doubles(operand), count: operand.count))
    }

    private func combineOverReplica() throws(Diagnostic) -> (total: Double, loss: Double)? {
        let group = Group.replica.members(of: coordinate, in: layout)
        guard group.count > 1 else { return statistics.combine([statistics.message]) }
        let message = statistics.message
        guard
            let payloads = try gather({
                ByteGather(
                    group: group, member: group.firstIndex(of: rank) ?? 0, tag: Tag.replicaStatistics,
                    payload: Payload(doubles: message))
            })
        else { return nil }
        return statistics.combine(payloads.map { $0.doubles })
    }

    /// AdamW over the rank's share, in runs of whole blocks.
    func updateParameters(_ instruction: Instruction) {
        guard let input else { return }
        if statistics.outcome.isWithheld {
            return memory.doubles(instruction.writes[3]).update(repeating: 0, count: instruction.writes[3].count)
        }
        var step = adamWStep(input)
        let gradients = memory.floats(instruction.reads[0], microbatch: 0)
        let parameters = memory.floats(instruction.writes[0], microbatch: 0)
        let first = memory.floats(instruction.writes[1], microbatch: 0)
        let second = memory.floats(instruction.writes[2], microbatch: 0)
        let updates = memory.doubles(instruction.writes[3])
        let isPacked = hasMasters || program.packsParameters
        var block = 0
        let (decay, decaysAll) = (step.weight_decay, recipe.optimizer.weightDecayOn == .all)
        for range in program.shard.owned {
            let decays = decaysAll || program.shard.entries[range.entry].parameter.isMatrix
            step.weight_decay = decays ? decay : 0
            serre_adamw(
                context, Int64(range.count), &step,
                parameters + (isPacked ? range.packed : range.offset), first + range.packed,
                second + range.packed, gradients + (program.packsGradients ? range.packed : range.offset),
                updates + block)
            block += range.blocks
        }
    }

    private func adamWStep(_ input: StepInput) -> serre_adamw_step {
        let o = recipe.optimizer
        let update = input.update ?? input.step
        return serre_adamw_step(
            learning_rate: Float(input.learningRate), beta1: Float(o.beta1), beta2: Float(o.beta2),
            epsilon: Float(o.epsilon), weight_decay: Float(o.weightDecay), clip: statistics.clip,
            correction1: Float(1 - power(o.beta1, update)),
            root_correction2: Float((1 - power(o.beta2, update)).squareRoot()))
    }

    /// base^exponent by repeated squaring: products only, so that every machine gets the same bits.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}

extension Payload {
    convenience init(doubles: [Double]) {
        self.init(byteCount: doubles.count * 8) { memory in
            doubles.withUnsafeBytes { memory.copyMemory(from: $0) }
        }
    }

    var doubles: [Double] {
        withBytes { Array($0.bindMemory(to: Double.self)) }
    }
}
