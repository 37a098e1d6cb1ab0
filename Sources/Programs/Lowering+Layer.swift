import Recipes

/// One pre-norm transformer block: fused queries, keys and values, causal attention, MLP; what differs between families
/// their ``Architecture`` says.
extension StageBuilder {
    mutating func lowerLayerForward(
        _ layer: Int, input: Operand, positions: Operand?
    ) -> (kept: LayerActivations, output: Operand) {
        let names = names(ofLayer: layer)
        let kept = lowerLayerBody(layer, input: input, positions: positions, naming: "h.\(layer)")
        let output = saved("h.\(layer) output", localRows * width)
        rowParallel(
            kept.activated, names.mlpOutput, inputs: recipe.model.ffn / tensor,
            residual: kept.middle, into: output)
        return (kept, output)
    }

    /// The same instructions once more, in the backward, up to what the backward reads: the layer's output is not.
    mutating func lowerLayerForwardAgain(_ layer: Int, input: Operand, positions: Operand?) -> LayerActivations {
        lowerLayerBody(layer, input: input, positions: positions, naming: "h.\(layer) again")
    }

    /// The block up to the MLP's activation. `naming` begins the buffers' names; parameters keep theirs.
    private mutating func lowerLayerBody(
        _ layer: Int, input: Operand, positions: Operand?, naming: String
    ) -> LayerActivations {
        let names = names(ofLayer: layer)
        let local = heads.heads * heads.headSize
        let ffn = recipe.model.ffn / tensor
        let expandedWidth = architecture.traits.gateFactor * ffn
        let n1 = lowerNorm(
            input, names.attentionNorm, saving: naming + " norm 1", inLayer: true)
        let qkv = inner(naming + " qkv", rows * heads.width)
        columnParallel(
            n1.output, names.attentionInput, outputs: heads.width, inputs: width, into: qkv)
        let attended = inner(naming + " attended", rows * local)
        var statistics: [Operand] = []
        if reading == nil {
            statistics = ["max", "sum"].map { name in
                inner("\(naming) row \(name)", samples * heads.heads * sequence, .float32)
            }
            lowerAttention(qkv, positions: positions, into: [attended] + statistics)
        } else {
            lowerKeptAttention(qkv, positions: positions, naming: naming, into: attended)
        }
        let middle = inner(naming + " middle", localRows * width)
        rowParallel(
            attended, names.attentionOutput, inputs: local, residual: input, into: middle)

        let n2 = lowerNorm(middle, names.mlpNorm, saving: naming + " norm 2", inLayer: true)
        let expanded = inner(naming + " expanded", rows * expandedWidth)
        columnParallel(
            n2.output, names.mlpInput, outputs: expandedWidth, inputs: width, into: expanded)
        let activated = lowerActivation(expanded, naming)
        return LayerActivations(
            input: input, norm: n1, qkv: qkv, attended: attended, statistics: statistics, middle: middle,
            middleNorm: n2, expanded: expanded, activated: activated)
    }

    /// Gradients of the block; returns that of its input, in `target` when one is given.
    mutating func lowerLayerBackward(
        _ layer: Int, _ kept: LayerActivations, gradient dOutput: Operand, positions: Operand?, into target: Operand?
    ) -> Operand {
        let name = "h.\(layer)", names = names(ofLayer: layer)
        let local = heads.heads * heads.headSize
        let ffn = recipe.model.ffn / tensor
        let expandedWidth = architecture.traits.gateFactor * ffn

        // MLP. Its activation is cheap to compute and large to keep.
        let activated = keepsLayers ? lowerActivation(kept.expanded, name + " again") : kept.activated
        let dActivated = passing(name + " d activated", rows * ffn)
        rowParallelBackward(
            names.mlpOutput, dOutput, input: activated, inputs: ffn, into: dActivated)
        // A gate and its up part share one gradient, so that it needs more room than the activation's.
        let dExpanded = expandedWidth == ffn ? dActivated : passing(name + " d expanded", rows * expandedWidth)
        emit(activationBackward(count: rows * ffn), [dActivated, kept.expanded], [dExpanded])
        let dNormedMiddle = scratch(name + " d norm 2", localRows * width)
        columnParallelBackward(
            names.mlpInput, dExpanded, input: kept.middleNorm.output, outputs: expandedWidth,
            into: dNormedMiddle)
        let dMiddle = passing(name + " d middle", localRows * width)
        lowerNormBackward(
            dNormedMiddle, names.mlpNorm, input: kept.middle, kept: kept.middleNorm,
            residual: dOutput, into: dMiddle)

        // Attention.
        let dAttended = passing(name + " d attended", rows * local)
        rowParallelBackward(
            names.attentionOutput, dMiddle, input: kept.attended, inputs: local,
            into: dAttended)
        let dQKV = passing(name + " d qkv", rows * heads.width)
        lowerAttentionBackward([kept.qkv] + kept.statistics + [dAttended], positions: positions, into: dQKV)
        let dNormed = scratch(name + " d norm 1", localRows * width)
        columnParallelBackward(
            names.attentionInput, dQKV, input: kept.norm.output, outputs: heads.width,
            into: dNormed)
        let dInput = target ?? passing(name + " d input", localRows * width)
        lowerNormBackward(
            dNormed, names.attentionNorm, input: kept.input, kept: kept.norm,
            residual: dMiddle, into: dInput)
        return dInput
    }

    // MARK: What families choose inside a block

    /// The MLP's activation, for as long as the pass needs it.
    private mutating func lowerActivation(_ expanded: Operand, _ naming: String) -> Operand {
        let count = rows * recipe.model.ffn / tensor
        let activated = passing(naming + " activated", count)
        emit(architecture.activation == .gelu ? .gelu(count: count) : .swiglu(count: count), [expanded], [activated])
        return activated
    }

    private func activationBackward(count: Int) -> Operation {
        architecture.activation == .gelu ? .geluBackward(count: count) : .swigluBackward(count: count)
    }

    /// Attention over queries and keys that first turn in place where positions are rotary.
    private mutating func lowerAttention(_ qkv: Operand, positions: Operand?, into outputs: [Operand]) {
        if architecture.positions == .rotary, let positions {
            emit(.rotate(heads, backwards: false), [qkv, positions], [qkv])
        }
        emit(.attention(heads), [qkv] + attentionBias(positions), outputs)
    }

    private mutating func lowerAttentionBackward(_ reads: [Operand], positions: Operand?, into dQKV: Operand) {
        emit(.attentionBackward(heads), reads + attentionBias(positions), [dQKV])
        if architecture.positions == .rotary, let positions {
            emit(.rotate(heads, backwards: true), [dQKV, positions], [dQKV])
        }
    }

    func attentionBias(_ positions: Operand?) -> [Operand] {
        architecture.positions == .alibi ? [positions].compactMap { $0 } : []
    }
}
