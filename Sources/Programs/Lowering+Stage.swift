import Recipes

/// What a layer keeps from its forward for its backward.
struct LayerActivations {
    var input: Operand
    var norm: NormActivations
    var qkv, attended, rowMax, rowSum, middle: Operand
    var middleNorm: NormActivations
    var expanded, activated: Operand
}

/// What a norm keeps, its output included; RMS norm has no mean.
struct NormActivations {
    var output: Operand
    var mean: Operand?
    var rstd: Operand

    /// What the gradients read beside the input.
    var statistics: [Operand] { [mean, rstd].compactMap { $0 } }
}

/// What the embedding keeps.
struct EmbeddingActivations {
    var tokens, looked: Operand
    var norm: NormActivations?
    var output: Operand
}

/// What the head keeps.
struct HeadActivations {
    var targets: Operand
    var norm: NormActivations
    var logits, max, sums, targetLogits: Operand
}

extension StageBuilder {
    /// Writes every pass of the stage that holds `layers`.
    mutating func lowerStage(layers: Range<Int>) {
        let positions = positionConstants()
        let received = isFirst ? nil : saved("stage input", rows * width)
        let incoming = isLast ? nil : buffer("incoming gradient", .workspace, rows * width, .run)
        let outgoing = isFirst ? nil : buffer("outgoing gradient", .workspace, rows * width, .run)

        let embedding = isFirst ? lowerEmbeddingForward() : nil
        guard let stageInput = embedding?.output ?? received else { preconditionFailure("a stage without an input") }
        var x = stageInput
        var kept: [LayerActivations] = []
        for layer in layers {
            let (activations, output) = lowerLayerForward(layer, input: x, positions: positions)
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
                keepsLayers
                ? activations : lowerLayerForwardAgain(layer, input: activations.input, positions: positions)
            gradient = lowerLayerBackward(
                layer, known, gradient: dx, positions: positions, into: layer == layers.lowerBound ? outgoing : nil)
        }
        if let embedding, let dx = gradient { lowerEmbeddingBackward(embedding, gradient: dx) }
        endPass(.backward)

        lowerTransfers(received: stageInput, sent: x, incoming: incoming, outgoing: outgoing)
        lowerStepEnd()
    }

    /// The constants that attention needs of positions: a slope per head, or cosines and sines per position and frequency.
    private mutating func positionConstants() -> Operand? {
        switch architecture.positions {
        case .alibi: buffer(BufferDeclaration.slopesName, .workspace, heads.heads, .run)
        case .rotary: buffer(BufferDeclaration.rotaryTableName, .workspace, sequence * heads.headSize, .run)
        case .learned: nil
        }
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
    ) -> NormActivations {
        let output = inLayer ? inner(saving, rows * width) : saved(saving, rows * width)
        var mean: Operand?
        if architecture.norm == .layer {
            mean = inLayer ? inner(saving + " mean", rows) : saved(saving + " mean", rows)
        }
        let rstd = inLayer ? inner(saving + " rstd", rows) : saved(saving + " rstd", rows)
        let kept = NormActivations(output: output, mean: mean, rstd: rstd)
        switch architecture.norm {
        case .layer:
            emit(
                .layerNorm(rows: rows, width: width),
                [input, parameter(name + ".weight"), parameter(name + ".bias")], [output] + kept.statistics)
        case .rootMeanSquare:
            emit(
                .rmsNorm(rows: rows, width: width), [input, parameter(name + ".weight")], [output] + kept.statistics)
        }
        return kept
    }

    /// Gradients of a norm's parameters, then of its input, with the residual's gradient added when there is one.
    mutating func lowerNormBackward(
        _ dy: Operand, _ name: String, input: Operand, kept: NormActivations, residual: Operand?, into dx: Operand
    ) {
        lowerReplicatedGradient(name + ".weight", [dy, input] + kept.statistics)
        if architecture.norm == .layer { lowerReplicatedGradient(name + ".bias", [dy]) }
        emit(
            architecture.norm == .layer
                ? .layerNormBackward(rows: rows, width: width) : .rmsNormBackward(rows: rows, width: width),
            [dy, input] + kept.statistics + [parameter(name + ".weight")] + (residual.map { [$0] } ?? []), [dx])
    }

    /// A gradient that every tensor rank computes alike (A7).
    mutating func lowerReplicatedGradient(_ name: String, _ reads: [Operand]) {
        // The open lane's accumulators, then the slots of complete lanes but slot 0, which is the gradient itself.
        let lane = buffer(name + " lane", .gradients, (recipe.segments + fold.laneSlots - 1) * width, .run)
        emit(.replicatedGradient(width: width, fold), reads, [lane, gradient(name)])
    }
}
