import Recipes

/// The forward and backward of a chunk of layers, with embedding and head where the stage has them.
extension EngineBuilder {
    mutating func lowerForward(_ layers: Range<Int>, input: Operand, output: Operand) {
        let work = space(
            "layer work forward \(chunk)", .workspace,
            bytes: shape.layerActivationBytes - shape.keptBytes + 2 * workBytes, .pass)
        if isFirst { embeddingForward(input, work) }
        var x = input
        var ahead = gather("forward", layers.first)
        for layer in layers {
            let weights = ahead
            ahead = gather("forward", layer + 1 < layers.upperBound ? layer + 1 : nil)
            let last = layer + 1 == layers.upperBound
            let y =
                last
                ? output
                : buffer(
                    "h.\(layer) output", .activations, shape.keptOutputCount, .microbatch, shape.storedType)
            layerForward(x, weights: weights, work: work, into: y)
            if shape.keptBytes > 0 {
                let kept = space("h.\(layer) kept", .activations, bytes: shape.keptBytes, .microbatch)
                kernel("kept activations", .stream(bytes: 0), [work], [kept])
            }
            x = y
        }
        if isLast { headForward(x, work) }
    }

    mutating func lowerBackward(_ layers: Range<Int>, input: Operand, incoming: Operand, outgoing: Operand) {
        let recomputed = shape.layerActivationBytes - shape.keptBytes
        let work = space(
            "layer work backward \(chunk)", .workspace, bytes: recomputed + shape.gradientWorkBytes + workBytes, .pass)
        let gradients = Operand(BufferID(1), count: buffers[1].count)
        var dy = incoming
        if isLast {
            dy = buffer("head gradient", .workspace, input.count, .run, shape.storedType)
            headBackward(dy, work, gradients)
        }
        var ahead = gather("backward", layers.last)
        for layer in layers.reversed() {
            let weights = ahead
            ahead = gather("backward", layer > layers.lowerBound ? layer - 1 : nil)
            let x =
                layer == layers.lowerBound
                ? input
                : buffer(
                    "h.\(layer - 1) output", .activations, shape.keptOutputCount, .microbatch, shape.storedType)
            let kept =
                shape.keptBytes > 0
                ? [x, space("h.\(layer) kept", .activations, bytes: shape.keptBytes, .microbatch)] : [x]
            kernel("begin backward", .stream(bytes: 0), [x], [work])
            recompute(x, weights: weights, work: work)
            let own = shape.shardsLayers ? wholeGradient(layer) : gradients
            layerBackward(kept, weights: weights, dy: dy, work: work, gradients: own, into: outgoing)
            if shape.shardsLayers { scatter(own, gradients) }
            dy = outgoing
        }
        if isFirst { embeddingBackward(outgoing, gradients) }
        takeInShard(gradients)
        if !shape.shardsLayers {
            // Gradients in the parameters' type are read, and the sum so far is read and written.
            let ofChunk = shape.parameters(layers: layers.count, holdsEmbedding: isFirst, holdsHead: isLast)
            kernel("gradient accumulation", .accumulation(bytes: 6 * Double(ofChunk)), [gradients], [gradients])
        }
    }

    /// Room for what passes through a layer at once.
    private var workBytes: Int { 2 * shape.tokens * shape.width * 2 }

    // MARK: Ends

    private mutating func embeddingForward(_ x: Operand, _ work: Operand) {
        let bytes = 2 * Double(shape.tokens) * Double(shape.width)
        let table = gatherTable("forward")
        kernel("embedding", .stream(bytes: 4 * bytes), table, [work])
        reduceSequence(work)
        kernel("embedding's output", .stream(bytes: 0), [work], [x])
    }

    private mutating func embeddingBackward(_ dx: Operand, _ gradients: Operand) {
        let bytes = 2 * Double(shape.tokens) * Double(shape.width)
        kernel(
            "embedding gradient", .stream(bytes: 3 * bytes + 2 * Double(shape.embeddingParameters)), [dx], [gradients])
        if shape.shardsLayers { scatterTable(gradients) }
    }

    /// What the loss moves: three readings or writings of float32 logits, or of those as they are stored where it is fused.
    private var lossBytes: Double { Double(shape.tokens) * Double(shape.vocabulary) * (shape.fusesLoss ? 3 : 12) }

    private mutating func logits() -> Operand {
        space(
            "logits", .activations, bytes: shape.logitBytes.kept * shape.tokens * shape.vocabulary, .microbatch)
    }

    private mutating func headForward(_ x: Operand, _ work: Operand) {
        let table = holdsEmbedding && shape.model.tiedHead ? [] : gatherTable("head")
        let (t, v, h) = (shape.tokens, shape.vocabulary, shape.width)
        let logits = logits()
        let narrow = space("logits as stored", .workspace, bytes: shape.logitBytes.forward * t * v, .pass)
        kernel("logits", .product(batch: 1, m: t, n: v, k: h, ofFloat8: false), [x] + table, [narrow])
        kernel("cross entropy", .stream(bytes: lossBytes), [narrow], [logits])
    }

    private mutating func headBackward(_ dx: Operand, _ work: Operand, _ gradients: Operand) {
        let (t, v, h) = (shape.tokens, shape.vocabulary, shape.width)
        let table = gatherTable("head backward")
        let narrow = space("logits' gradient", .workspace, bytes: shape.logitBytes.backward * t * v, .pass)
        kernel(
            "cross entropy backward", .stream(bytes: lossBytes * (shape.fusesLoss ? 4 / 3 : 1)), [logits()], [narrow])
        let sum = shape.tensor > 1 ? work : dx
        kernel(
            "logits, input's gradient", .product(batch: 1, m: t, n: h, k: v, ofFloat8: false), [narrow] + table, [sum])
        kernel(
            "logits, weight's gradient", .product(batch: 1, m: v, n: h, k: t, ofFloat8: false), [narrow], [gradients])
        if shape.tensor > 1 {
            reduceSequence(work)
            kernel("head's input gradient", .stream(bytes: 0), [work], [dx])
        }
        if shape.shardsLayers, !(holdsEmbedding && shape.model.tiedHead) { scatterTable(gradients) }
    }

    // MARK: Sharded layers

    /// The parameters of a layer, on their way while the one before computes; nothing where every rank has them all.
    private mutating func gather(_ when: String, _ layer: Int?) -> [Operand] {
        // Under ZeRO-2 parameters are gathered once, at the step's end.
        guard let layer, shape.gathersLayers else { return [] }
        return gather("h.\(layer) parameters \(when)", count: shape.layerParameters)
    }

    private mutating func gatherTable(_ when: String) -> [Operand] {
        guard shape.gathersLayers else { return [] }
        return gather("embedding \(when)", count: shape.embeddingParameters)
    }

    private mutating func gather(_ name: String, count: Int) -> [Operand] {
        let type: BufferDeclaration.ElementType = shape.computesFloat8 ? .float8 : shape.storedType
        let own = buffer(name + ", own", .workspace, shape.share(count), .pass, type)
        let whole = buffer(name, .workspace, count, .pass, type)
        kernel("parameters as they travel", .stream(bytes: 0), [Operand(BufferID(0), count: buffers[0].count)], [own])
        collective(.allGather, .data, own, into: whole, count: count, on: .communication)
        return [whole]
    }

    private mutating func wholeGradient(_ layer: Int) -> Operand {
        buffer("h.\(layer) gradients", .workspace, shape.layerParameters, .pass, shape.storedType)
    }

    /// A layer's gradients go to their owners while the next one's are computed.
    private mutating func scatter(_ whole: Operand, _ gradients: Operand) {
        takeInShard(gradients)
        travelling = reduceScatter(.data, whole, on: .communication)
    }

    /// Adds the shard that travels, if one does, to the gradients: the next layer has been computed meanwhile.
    private mutating func takeInShard(_ gradients: Operand) {
        guard let part = travelling else { return }
        kernel("gradient accumulation", .stream(bytes: 0), [part], [gradients])
        travelling = nil
    }

    private mutating func scatterTable(_ gradients: Operand) {
        let whole = buffer(
            "embedding gradients \(chunk)", .workspace, shape.embeddingParameters, .pass, shape.storedType)
        kernel("embedding gradients", .stream(bytes: 0), [gradients], [whole])
        scatter(whole, gradients)
    }
}
