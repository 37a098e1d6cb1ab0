import Recipes

/// One transformer block, kernel by kernel.
extension EngineBuilder {
    typealias Work = ModelledKernel.Work

    /// x → y through the block, by way of `work`, which holds what is not kept.
    mutating func layerForward(_ x: Operand, weights: [Operand], work: Operand, into y: Operand) {
        let s = shape
        let reads = [x] + weights
        kernel("norm", norm(2), reads, [work])
        gatherSequence(work)
        kernel("query, key and value product", product(s.tokens, s.projected, s.width), [work] + weights, [work])
        attentionForward(work)
        kernel("attention's output product", product(s.tokens, s.width, s.attended), [work] + weights, [work])
        reduceSequence(work)
        kernel("residual", residual, [work, x], [work])
        kernel("norm", norm(2), [work], [work])
        gatherSequence(work)
        kernel("MLP's first product", product(s.tokens, s.expanded, s.width), [work] + weights, [work])
        kernel("activation", activation, [work], [work])
        kernel("MLP's second product", product(s.tokens, s.width, s.inner), [work] + weights, [work])
        reduceSequence(work)
        kernel("residual", residual, [work], [y])
    }

    /// The gradients of the block from `dy` to `dx`.
    mutating func layerBackward(
        _ kept: [Operand], weights: [Operand], dy: Operand, work: Operand, gradients: Operand, into dx: Operand
    ) {
        let s = shape
        let reads = kept + weights + [work]
        kernel("residual backward", residualBackward, [dy] + reads, [work])
        gatherSequence(work)
        gradientsOfProduct("MLP's second product", rows: s.width, columns: s.inner, reads, work, gradients)
        kernel("activation backward", activationBackward, reads, [work])
        gradientsOfProduct("MLP's first product", rows: s.expanded, columns: s.width, reads, work, gradients)
        reduceSequence(work)
        kernel("norm backward", norm(4), reads, [work])
        kernel("residual backward", residualBackward, reads, [work])
        gatherSequence(work)
        gradientsOfProduct("attention's output product", rows: s.width, columns: s.attended, reads, work, gradients)
        attentionBackward(reads, work)
        gradientsOfProduct(
            "query, key and value product", rows: s.projected, columns: s.width, reads, work, gradients)
        if !s.isGated {
            let bytes = Double(s.tokens) * Double(s.projected + s.inner + 2 * s.width) * 2
            kernel("bias gradients", .elementwise(bytes: bytes), reads, [gradients])
        }
        reduceSequence(work)
        // The inputs of both column-parallel products are gathered once more for their weights' gradients.
        if s.layout.sequenceParallel { for _ in 0..<2 { gatherSequence(work) } }
        kernel("norm backward", norm(4), reads, [dx])
    }

    /// What the engine computes again before a layer's backward.
    mutating func recompute(_ x: Operand, weights: [Operand], work: Operand) {
        let s = shape
        switch s.layout.recompute {
        case .none: return
        case .full: layerForward(x, weights: weights, work: work, into: work)
        case .selective where s.writesScores:
            kernel("norm", norm(0), [x], [work])
            attentionForward(work)
        case .selective where s.style == .fsdp:
            // Every second product, and what is cheap (torchtitan's selective checkpointing by operation): the products
            // whose outputs are not kept (``EngineShape/keptBytes``).
            kernel("norm", norm(4), [x], [work])
            if s.isGated {
                let keys = s.keyValueHeads * s.headSize
                kernel("key product", product(s.tokens, keys, s.width), [work] + weights, [work])
            }
            if !s.layout.sequenceParallel {
                kernel("attention's output product", product(s.tokens, s.width, s.attended), [work] + weights, [work])
            }
            if s.isGated {
                kernel("MLP's second factor", product(s.tokens, s.inner, s.width), [work] + weights, [work])
            }
            kernel("activation", activation, [work], [work])
        case .selective:
            kernel("norm", norm(4), [x], [work])
            kernel("MLP's first product", product(s.tokens, s.expanded, s.width), [work] + weights, [work])
            kernel("activation", activation, [work], [work])
        }
    }

    // MARK: Attention

    private mutating func attentionForward(_ work: Operand) {
        let s = shape
        guard s.writesScores else {
            kernel("rotary positions and layout", .elementwise(bytes: layoutBytes), [work], [work])
            return kernel("attention", fused(backward: false), [work], [work])
        }
        kernel("query-key products", scores, [work], [work])
        kernel("softmax", .elementwise(bytes: (s.hasAlibi ? 3 : 2) * scoreBytes), [work], [work])
        kernel("attention dropout", .elementwise(bytes: 2.5 * scoreBytes), [work], [work])
        kernel("probability-value products", values, [work], [work])
        kernel("layout", .elementwise(bytes: 2 * attendedBytes), [work], [work])
    }

    private mutating func attentionBackward(_ reads: [Operand], _ work: Operand) {
        guard shape.writesScores else {
            kernel("attention backward", fused(backward: true), reads, [work])
            return kernel("rotary positions and layout", .elementwise(bytes: layoutBytes), reads, [work])
        }
        kernel("probability gradients", scores, reads, [work])
        for name in ["value gradients", "query gradients", "key gradients"] { kernel(name, values, reads, [work]) }
        kernel("softmax backward", .elementwise(bytes: 3 * scoreBytes), reads, [work])
        kernel("attention dropout backward", .elementwise(bytes: 2.5 * scoreBytes), reads, [work])
        kernel("layout", .elementwise(bytes: 4 * attendedBytes), reads, [work])
    }

    /// One matrix of scores per sample and head, two bytes each.
    private var scoreBytes: Double {
        2 * Double(shape.layout.microBatch * shape.heads) * Double(shape.sequence) * Double(shape.sequence)
    }
    private var attendedBytes: Double { 2 * Double(shape.tokens) * Double(shape.attended) }
    private var layoutBytes: Double { (shape.isGated ? 4 : 2) * Double(shape.tokens) * Double(shape.projected) }

    private var scores: Work {
        .product(
            batch: shape.layout.microBatch * shape.heads, m: shape.sequence, n: shape.sequence, k: shape.headSize,
            ofFloat8: false)
    }
    private var values: Work {
        .product(
            batch: shape.layout.microBatch * shape.heads, m: shape.sequence, n: shape.headSize, k: shape.sequence,
            ofFloat8: false)
    }

    private func fused(backward: Bool) -> Work {
        let squares = Double(shape.layout.microBatch * shape.heads) * Double(shape.sequence) * Double(shape.sequence)
        let forward = 2 * squares * Double(shape.headSize)
        return .fusedAttention(
            operations: backward ? 2.5 * forward : forward, sequence: shape.sequence, isBackward: backward)
    }

    // MARK: The other kernels

    private func product(_ m: Int, _ n: Int, _ k: Int) -> Work {
        .product(batch: 1, m: m, n: n, k: k, ofFloat8: shape.computesFloat8)
    }

    private mutating func gradientsOfProduct(
        _ name: String, rows: Int, columns: Int, _ reads: [Operand], _ work: Operand, _ gradients: Operand
    ) {
        kernel("\(name), input's gradient", product(shape.tokens, columns, rows), reads, [work])
        kernel("\(name), weight's gradient", product(rows, columns, shape.tokens), reads, [gradients])
    }

    private var localBytes: Double { 2 * Double(shape.localTokens) * Double(shape.width) }
    private func norm(_ times: Double) -> Work { .elementwise(bytes: times * localBytes) }
    private var residual: Work { .elementwise(bytes: (shape.drops ? 3.5 : 3) * localBytes) }
    private var residualBackward: Work { .elementwise(bytes: (shape.drops ? 2.5 : 2) * localBytes) }
    private var activation: Work {
        .elementwise(bytes: (shape.isGated ? 6 : 4) * Double(shape.tokens) * Double(shape.inner))
    }
    private var activationBackward: Work {
        .elementwise(bytes: (shape.isGated ? 10 : 6) * Double(shape.tokens) * Double(shape.inner))
    }

    // MARK: Tensor parallelism

    /// Before a column-parallel product or after a row-parallel one's gradient: the whole sequence, where it is split.
    private mutating func gatherSequence(_ work: Operand) {
        guard shape.layout.sequenceParallel else { return }
        exchange(.allGather, work)
    }

    /// After a row-parallel product or a column-parallel one's gradient: the sum over the tensor ranks.
    mutating func reduceSequence(_ work: Operand) {
        guard shape.layout.sequenceParallel else { return exchange(.allReduceSum, work) }
        let count = shape.tokens * shape.width
        guard let part = reduceScatter(.tensor, work[0..<min(count, work.count)], count: count) else { return }
        kernel("part of the sequence", .stream(bytes: 0), [part], [work])
    }

    private mutating func exchange(_ kind: CollectiveOperation.Kind, _ work: Operand) {
        let count = shape.tokens * shape.width
        collective(kind, .tensor, work[0..<min(count, work.count)], count: count)
    }
}
