import Recipes

/// What a layer keeps from its forward for its backward.
struct LayerActivations {
    var input: Operand
    var norm: NormActivations
    var qkv, attended: Operand
    /// The largest score and the sum of exponentials of each row and head.
    var statistics: [Operand]
    var middle: Operand
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

/// What a chunk of layers keeps.
struct ChunkActivations {
    var input, output: Operand
    var embedding: EmbeddingActivations?
    var layers: [(Int, LayerActivations)]
    var head: HeadActivations?
}

extension StageBuilder {
    /// Writes every pass of the stage whose chunks hold these layers.
    mutating func lowerStage(chunks: [Range<Int>]) {
        let positions = positionConstants()
        for (index, layers) in chunks.enumerated() {
            chunk = index
            lowerChunk(layers, positions: positions)
        }
        lowerStepEnd()
    }

    private mutating func lowerChunk(_ layers: Range<Int>, positions: Operand?) {
        let received = isFirst ? nil : saved("stage input \(boundary)", localRows * width)
        // A gradient is used as soon as it has come, and sent as soon as it is there: chunks share its place.
        let incoming = isLast ? nil : buffer("incoming gradient", .workspace, localRows * width, .run, storedType)
        let outgoing = isFirst ? nil : buffer("outgoing gradient", .workspace, localRows * width, .run, storedType)

        let (kept, sent) = lowerForward(layers, received: received, positions: positions)
        endPass(.forward(chunk: chunk))
        for closes in layout.stridesLanes ? (lanesOutliveMicrobatches ? [false, true] : [true]) : [false] {
            closesLane = closes
            lowerBackward(kept, incoming: incoming, outgoing: outgoing, positions: positions)
            endPass(.backward(chunk: chunk, closingLane: closes))
        }
        if let outgoing {
            emit(.receive(Transfer(.activation, .previousStage, boundary: boundary)), [], [kept.input])
            endPass(.receiveActivation(chunk: chunk))
            if !layout.stridesLanes {
                lowerSendGradient(outgoing)
                endPass(.sendGradient(chunk: chunk))
            }
        }
        if let incoming {
            emit(.send(Transfer(.activation, .nextStage, boundary: boundary + 1)), [sent], [])
            endPass(.sendActivation(chunk: chunk))
            emit(.receive(Transfer(.gradient, .nextStage, boundary: boundary + 1)), [], [incoming])
            endPass(.receiveGradient(chunk: chunk))
        }
    }

    /// The virtual stage of the chunk being written.
    private var boundary: Int { chunk * layout.pipeline + coordinate.pipeline }

    private mutating func lowerSendGradient(_ outgoing: Operand) {
        emit(.send(Transfer(.gradient, .previousStage, boundary: boundary)), [outgoing], [])
    }

    /// The forward of a chunk: what it keeps, and its output. The parameters of what comes next are gathered while a
    /// layer computes.
    private mutating func lowerForward(
        _ layers: Range<Int>, received: Operand?, positions: Operand?
    ) -> (ChunkActivations, output: Operand) {
        gather(isFirst ? [.embedding, .start] : [])
        gather(layers.first.map { [.layer($0)] } ?? [])
        let embedding = isFirst ? lowerEmbeddingForward() : nil
        guard let input = embedding?.output ?? received else { preconditionFailure("a stage without an input") }
        var x = input
        var kept: [LayerActivations] = []
        for layer in layers {
            gather(layer + 1 < layers.upperBound ? [.layer(layer + 1)] : isLast ? headUnits : [])
            let (activations, output) = lowerLayerForward(layer, input: x, positions: positions)
            kept.append(activations)
            x = output
        }
        let head = isLast ? lowerHeadForward(x) : nil
        return (
            ChunkActivations(
                input: input, output: x, embedding: embedding, layers: Array(zip(layers, kept)), head: head), x
        )
    }

    /// The backward of a chunk, from its last layer to its first.
    private mutating func lowerBackward(
        _ kept: ChunkActivations, incoming: Operand?, outgoing: Operand?, positions: Operand?
    ) {
        var gradient = incoming
        gather(kept.head == nil ? [] : headUnits)
        gather(kept.layers.last.map { [.layer($0.0)] } ?? [])
        if let head = kept.head {
            beginGradients(headUnits)
            gradient = lowerHeadBackward(head, input: kept.output)
            endGradients(headUnits)
        }
        for (index, (layer, activations)) in kept.layers.enumerated().reversed() {
            guard let dx = gradient else { preconditionFailure("a layer without a gradient") }
            gather(index > 0 ? [.layer(kept.layers[index - 1].0)] : kept.embedding == nil ? [] : [.start])
            beginGradients([.layer(layer)])
            let known =
                keepsLayers
                ? activations : lowerLayerForwardAgain(layer, input: activations.input, positions: positions)
            gradient = lowerLayerBackward(
                layer, known, gradient: dx, positions: positions, into: index == 0 ? outgoing : nil)
            // The previous stage should not wait for this one's exchange of gradients.
            if index == 0, layout.stridesLanes, let outgoing { lowerSendGradient(outgoing) }
            endGradients([.layer(layer)])
        }
        if let embedding = kept.embedding, let dx = gradient { lowerEmbeddingBackward(embedding, gradient: dx) }
        takeInTravelling()
    }

    /// The parts of the model that the head reads.
    private var headUnits: [ModelParameters.Unit] { architecture.tiesHead ? [.end, .embedding] : [.end] }

    /// The constants that attention needs of positions: a slope per head, or cosines and sines per position and frequency.
    mutating func positionConstants() -> Operand? {
        switch architecture.positions {
        case .alibi: buffer(BufferDeclaration.slopesName, .workspace, heads.heads, .run)
        case .rotary: buffer(BufferDeclaration.rotaryTableName, .workspace, sequence * heads.headSize, .run)
        case .learned: nil
        }
    }
}
