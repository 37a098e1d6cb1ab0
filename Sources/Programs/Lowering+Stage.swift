import Recipes

/// What a layer keeps from its forward for its backward.
struct LayerActivations {
    var input, normed, mean, rstd, qkv, attended, rowMax, rowSum: Operand
    var middle, normedMiddle, meanMiddle, rstdMiddle, expanded, activated: Operand
}

/// What the embedding keeps.
struct EmbeddingActivations {
    var tokens, looked, mean, rstd, output: Operand
}

/// What the head keeps.
struct HeadActivations {
    var targets, normed, mean, rstd, logits, max, sums, targetLogits: Operand
}

extension StageBuilder {
    /// Writes every pass of the stage that holds `layers`.
    mutating func lowerStage(layers: Range<Int>) {
        let slopes = buffer(BufferDeclaration.slopesName, .workspace, heads.heads, .run)
        let received = isFirst ? nil : saved("stage input", rows * width)
        let incoming = isLast ? nil : buffer("incoming gradient", .workspace, rows * width, .run)
        let outgoing = isFirst ? nil : buffer("outgoing gradient", .workspace, rows * width, .run)

        let embedding = isFirst ? lowerEmbeddingForward() : nil
        guard let stageInput = embedding?.output ?? received else { preconditionFailure("a stage without an input") }
        var x = stageInput
        var kept: [LayerActivations] = []
        for layer in layers {
            let (activations, output) = lowerLayerForward(layer, input: x, slopes: slopes)
            kept.append(activations)
            x = output
        }
        let head = isLast ? lowerHeadForward(x) : nil
        endPass(.forward)

        var gradient = incoming
        if let head { gradient = lowerHeadBackward(head, input: x) }
        for (layer, activations) in zip(layers, kept).reversed() {
            guard let dx = gradient else { preconditionFailure("a layer without a gradient") }
            let known =
                keepsLayers ? activations : lowerLayerForwardAgain(layer, input: activations.input, slopes: slopes)
            gradient = lowerLayerBackward(
                layer, known, gradient: dx, slopes: slopes, into: layer == layers.lowerBound ? outgoing : nil)
        }
        if let embedding, let dx = gradient { lowerEmbeddingBackward(embedding, gradient: dx) }
        endPass(.backward)

        lowerTransfers(received: stageInput, sent: x, incoming: incoming, outgoing: outgoing)
        lowerStepEnd()
    }

    private mutating func lowerTransfers(
        received: Operand, sent: Operand, incoming: Operand?, outgoing: Operand?
    ) {
        if let outgoing {
            emit(.receive(.previousStage), [], [received])
            endPass(.receiveActivation)
            emit(.send(.previousStage), [outgoing], [])
            endPass(.sendGradient)
        }
        if let incoming {
            emit(.send(.nextStage), [sent], [])
            endPass(.sendActivation)
            emit(.receive(.nextStage), [], [incoming])
            endPass(.receiveGradient)
        }
    }

    // MARK: Norms, the shape that every block shares

    mutating func lowerNorm(
        _ input: Operand, _ name: String, saving: String, inLayer: Bool = false
    ) -> (output: Operand, mean: Operand, rstd: Operand) {
        let output = inLayer ? inner(saving, rows * width) : saved(saving, rows * width)
        let mean = inLayer ? inner(saving + " mean", rows) : saved(saving + " mean", rows)
        let rstd = inLayer ? inner(saving + " rstd", rows) : saved(saving + " rstd", rows)
        emit(
            .layerNorm(rows: rows, width: width),
            [input, parameter(name + ".weight"), parameter(name + ".bias")], [output, mean, rstd])
        return (output, mean, rstd)
    }

    /// Gradients of a norm's parameters, then of its input, with the residual's gradient added when there is one.
    mutating func lowerNormBackward(
        _ dy: Operand, _ name: String, input: Operand, mean: Operand, rstd: Operand, residual: Operand?,
        into dx: Operand
    ) {
        lowerReplicatedGradient(name + ".weight", [dy, input, mean, rstd])
        lowerReplicatedGradient(name + ".bias", [dy])
        emit(
            .layerNormBackward(rows: rows, width: width),
            [dy, input, mean, rstd, parameter(name + ".weight")] + (residual.map { [$0] } ?? []), [dx])
    }

    /// A gradient that every tensor rank computes alike (A7).
    mutating func lowerReplicatedGradient(_ name: String, _ reads: [Operand]) {
        // The open lane's accumulators, then the slots of complete lanes but slot 0, which is the gradient itself.
        let lane = buffer(name + " lane", .gradients, (recipe.segments + fold.laneSlots - 1) * width, .run)
        emit(.replicatedGradient(width: width, fold), reads, [lane, gradient(name)])
    }
}
