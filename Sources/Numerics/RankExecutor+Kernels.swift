import CKernels
import Programs

/// Which kernel does which operation.
extension RankExecutor {
    func compute(_ x: Operands) {
        let operation = x.instruction.pointee.operation
        switch operation {
        case .loadTokens, .loadTargets, .send, .receive, .collective, .statistics: break
        case .modelled(let kernel): preconditionFailure("nothing computes “\(kernel.name)” of another engine's style")
        case .product(let product): multiply(product, x)
        case .weightGradient(let rows, let columns, _): weightGradient(rows, columns, x)
        case .biasGradient(let width, _): biasGradient(width, x)
        case .replicatedGradient(let width, let segments, let fold):
            replicatedGradient(width, parts: segments, addsParts: true, fold, x)
        case .positionGradient(let positions, let width, let fold):
            replicatedGradient(width, parts: positions, addsParts: false, fold, x)
        case .foldLanes(let width, let lanes):
            serre_fold(context, Int64(width), Int64(lanes), x.read(0), [x.write(0)], 0, 0)
        case .foldRound(let count, let stride, let fold): foldRound(count, stride, fold, x)
        case .embeddingGradient(let rows, let width, let fold): embeddingGradient(rows, width, fold, x)
        case .attention, .attentionOverKept, .attentionBackward, .rotate: attend(operation, x)
        case .layerNorm, .layerNormBackward, .rmsNorm, .rmsNormBackward: norm(operation, x)
        case .adamW: updateParameters(x.instruction.pointee)
        case .rowMax, .expSums, .targetLogits, .crossEntropy, .sampleLosses, .crossEntropyGradient:
            loss(operation, x)
        case .embedding(let rows, let vocabularyRows, let width): lookUp(rows, vocabularyRows, width, x)
        case .roundShard: roundShard(x)
        case .addPositions(let samples, let positions, let width):
            serre_add_positions(
                context, Int64(samples), Int64(positions), Int64(width), x.read(1), x.read(0), x.write(0))
        case .addBiasResidual(let rows, let width):
            serre_add_bias_residual(
                context, Int64(rows), Int64(width), x.read(0), x.read(1), x.read(2), x.write(0))
        case .gelu(let count): serre_gelu(context, Int64(count), x.read(0), x.write(0))
        case .geluBackward(let count): serre_gelu_backward(context, Int64(count), x.read(0), x.read(1), x.write(0))
        case .swiglu(let count): serre_swiglu(context, Int64(count), x.read(0), x.write(0))
        case .swigluBackward(let count): serre_swiglu_backward(context, Int64(count), x.read(0), x.read(1), x.write(0))
        case .add(let count): serre_add(context, Int64(count), x.read(0), x.read(1), x.write(0))
        }
    }

    /// A look-up moves bits, whatever their type.
    private func lookUp(_ rows: Int, _ vocabularyRows: Int, _ width: Int, _ x: Operands) {
        let firstRow = Int64(coordinate.tensor * vocabularyRows)
        let (table, out) = (x.instruction.pointee.reads[1], x.instruction.pointee.writes[0])
        if memory.isRounded(table) {
            serre_embedding16(
                context, Int64(rows), x.integers(0), firstRow, Int64(vocabularyRows), Int64(width),
                memory.halves(table, microbatch: x.microbatch), memory.halves(out, microbatch: x.microbatch))
        } else {
            serre_embedding(
                context, Int64(rows), x.integers(0), firstRow, Int64(vocabularyRows), Int64(width), x.read(1),
                x.write(0))
        }
    }

    /// The owned ranges of the parameters from their masters.
    private func roundShard(_ x: Operands) {
        let masters = memory.floats(x.instruction.pointee.reads[0], microbatch: 0)
        let parameters = memory.halves(x.instruction.pointee.writes[0], microbatch: 0)
        for range in program.shard.owned {
            serre_round_bfloat16(
                context, Int64(range.count), masters + range.packed,
                parameters + (program.packsParameters ? range.packed : range.offset))
        }
    }

    private func norm(_ operation: Operation, _ x: Operands) {
        let epsilon = Float(recipe.model.layerNormEpsilon)
        switch operation {
        case .layerNorm(let rows, let width):
            serre_layer_norm(
                context, Int64(rows), Int64(width), epsilon, x.read(0), x.read(1), x.read(2), x.write(0), x.write(1),
                x.write(2))
        case .layerNormBackward(let rows, let width):
            serre_layer_norm_backward(
                context, Int64(rows), Int64(width), x.read(0), x.read(1), x.read(2), x.read(3), x.read(4),
                x.optionalRead(5), x.write(0))
        case .rmsNorm(let rows, let width):
            serre_rms_norm(
                context, Int64(rows), Int64(width), epsilon, x.read(0), x.read(1), x.write(0), x.write(1))
        case .rmsNormBackward(let rows, let width):
            serre_rms_norm_backward(
                context, Int64(rows), Int64(width), x.read(0), x.read(1), x.read(2), x.read(3), x.optionalRead(4),
                x.write(0))
        default: break
        }
    }

    private func multiply(_ p: MatrixProduct, _ x: Operands) {
        let (chains, slots) = ProductCall.segmented(k: p.k, into: p.segments, output: x.write(0))
        kernels.multiply(
            ProductCall(
                m: p.m, n: p.n, a: x.read(0), lda: p.k, b: x.read(1), ldb: p.transposesB ? p.k : p.n,
                transposesB: p.transposesB, chains: chains, slots: slots, ldc: p.n,
                bias: p.addsBias ? x.read(2) : nil))
    }

    private func weightGradient(_ rows: Int, _ columns: Int, _ x: Operands) {
        kernels.multiply(
            ProductCall(
                m: rows, n: columns, a: x.read(0), lda: rows, transposesA: true, b: x.read(1), ldb: columns,
                chains: laneChains, slots: gradientSlots(x.write(0)), ldc: columns))
    }

    /// One chain per sample of the micro-batch, folded into lanes.
    private var laneChains: [serre_chain] {
        laneSteps.map { step in
            serre_chain(
                begin: Int64(step.sample * sequence), end: Int64((step.sample + 1) * sequence),
                adds: Int32(step.adds), slot: Int32(step.slot))
        }
    }

    /// The flat gradient buffer's copies of one parameter: those that outlive a micro-batch, then scratch (nil).
    private func gradientSlots(_ first: UnsafeMutablePointer<Float>) -> [UnsafeMutablePointer<Float>?] {
        let persistent = program.laneFold(recipe).persistentSlots
        let touched = (laneSteps.map { $0.slot + max($0.adds, 1) }.max() ?? 1)
        return (0..<max(persistent, touched)).map { $0 < persistent ? first + $0 * program.shard.count : nil }
    }

    private func foldRound(_ count: Int, _ stride: Int, _ fold: LaneFold, _ x: Operands) {
        let (adds, slot) = fold.roundStep(fold.round(of: x.microbatch))
        let first = x.write(0)
        let slots = (0..<fold.roundSlots).map { UnsafeMutablePointer?(first + $0 * stride) }
        serre_fold(context, Int64(count), 1, x.read(0), slots, Int32(adds), Int32(slot))
    }

    private func biasGradient(_ width: Int, _ x: Operands) {
        let slots = gradientSlots(x.write(0))
        laneChains.withUnsafeBufferPointer { chains in
            serre_column_sums(
                context, Int64(width), x.read(0), Int64(width), chains.baseAddress, Int64(chains.count), slots,
                Int64(slots.count))
        }
    }

    private func attend(_ operation: Operation, _ x: Operands) {
        switch operation {
        case .rotate(let a, let backwards):
            serre_rotate(
                context, Int64(a.samples), Int64(a.sequence), Int64(a.heads), Int64(a.keyValueHeads), Int64(a.headSize),
                x.read(1), backwards, x.update(0), Int64(a.width))
        case .attention(let a):
            serre_attention(
                context, Int64(a.samples), Int64(a.sequence), Int64(a.heads), Int64(a.keyValueHeads), Int64(a.headSize),
                x.read(0), Int64(a.width), x.optionalRead(1), attentionScale(a.headSize), x.write(0),
                Int64(a.heads * a.headSize), x.write(1), x.write(2))
        case .attentionOverKept(let a):
            serre_attention_kept(
                context, Int64(a.texts), x.integers(1), Int64(a.positions), Int64(a.heads), Int64(a.keyValueHeads),
                Int64(a.headSize), x.read(0), Int64(a.width), x.optionalRead(2), attentionScale(a.headSize), x.write(1),
                Int64(a.keptPerText), x.write(0), Int64(a.heads * a.headSize))
        case .attentionBackward(let a):
            serre_attention_backward(
                context, Int64(a.samples), Int64(a.sequence), Int64(a.heads), Int64(a.keyValueHeads), Int64(a.headSize),
                x.read(0), Int64(a.width), x.optionalRead(4), attentionScale(a.headSize), x.read(1), x.read(2),
                x.read(3),
                Int64(a.heads * a.headSize), x.write(0))
        default: break
        }
    }

    private func attentionScale(_ headSize: Int) -> Float { Float(1 / Double(headSize).squareRoot()) }

    private func loss(_ operation: Operation, _ x: Operands) {
        switch operation {
        case .rowMax(let rows, let columns):
            serre_row_max(context, Int64(rows), Int64(columns), x.read(0), x.write(0))
        case .expSums(let rows, let columns, let segments):
            serre_exp_sums(
                context, Int64(rows), Int64(columns), Int64(segments), x.read(0), x.read(1), x.write(0))
        case .targetLogits(let rows, let columns):
            serre_target_logits(
                context, Int64(rows), Int64(columns), Int64(coordinate.tensor * columns), x.integers(1), x.read(0),
                x.write(0))
        case .crossEntropy(let rows):
            serre_cross_entropy(context, Int64(rows), x.read(0), x.read(1), x.read(2), x.write(0))
        case .sampleLosses(let samples, let sequence):
            let place = memory.doubles(x.instruction.pointee.writes[0]) + x.microbatch * samples
            serre_sample_losses(context, Int64(samples), Int64(sequence), x.read(0), place)
        case .crossEntropyGradient(let rows, let columns):
            serre_cross_entropy_gradient(
                context, Int64(rows), Int64(columns), Int64(coordinate.tensor * columns), x.integers(1), x.read(2),
                x.read(3), inverseTargets, x.read(0), x.write(0))
        default: break
        }
    }
}
