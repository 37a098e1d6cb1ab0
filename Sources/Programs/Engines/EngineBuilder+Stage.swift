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
            "layer work backward \(chunk)", .workspace,
            bytes: recomputed + shape.gradientWorkBytes + workBytes + gatheredBytes, .pass)
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
            let own = shape.shardsLayers || shape.keepsStageWhole ? wholeGradient(layer) : gradients
            layerBackward(kept, weights: weights, dy: dy, work: work, gradients: own, into: outgoing)
            if shape.shardsLayers { scatter(own, gradients) }
            if shape.keepsStageWhole { kernel("layer's gradients", .stream(bytes: 0), [own], [gradients]) }
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
    /// PyTorch's backward has a product's input, gathered once more, beside its gradients, and one of them twice: it gathers
    /// and scatters the first dimension only, which the sequence is not, and copies what it gathers or scatters into order.
    private var gatheredBytes: Int {
        shape.style == .fsdp && shape.layout.sequenceParallel ? 2 * 2 * shape.tokens * shape.width : 0
    }

    // MARK: Ends

    private mutating func embeddingForward(_ x: Operand, _ work: Operand) {
        let bytes = 2 * Double(shape.tokens) * Double(shape.width)
        let table = gatherTable("forward", isHead: false)
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
            Program.logitsName, .activations, bytes: shape.logitBytes.kept * shape.tokens * shape.vocabulary,
            .microbatch)
    }

    /// Room for the whole sequence's gradient of the head's input, of which tensor ranks each have a term.
    private mutating func whole(_ dx: Operand) -> Operand {
        buffer("head's input gradient", .workspace, shape.tokens * shape.width, .pass, shape.storedType)
    }

    /// What the head reads, normed and of the whole sequence, for its weights' gradients.
    private mutating func headInput() -> Operand {
        space("head's input", .activations, bytes: 2 * shape.tokens * shape.width, .microbatch)
    }

    private mutating func headForward(_ x: Operand, _ work: Operand) {
        let table = holdsEmbedding && shape.model.tiedHead ? [] : gatherTable("head", isHead: true)
        let (t, v, h) = (shape.tokens, shape.vocabulary, shape.width)
        let logits = logits()
        let narrow = space(Program.storedLogitsName, .workspace, bytes: shape.logitBytes.forward * t * v, .pass)
        let input = shape.style == .fsdp ? [headInput()] : []
        kernel("logits", .product(batch: 1, m: t, n: v, k: h, ofFloat8: false), [x] + table, [narrow] + input)
        kernel("cross entropy", .stream(bytes: lossBytes), [narrow], [logits])
        if shape.keepsStageWhole { _ = outputs("outputs", .run) }
    }

    private mutating func headBackward(_ dx: Operand, _ work: Operand, _ gradients: Operand) {
        let (t, v, h) = (shape.tokens, shape.vocabulary, shape.width)
        let table = gatherTable("head backward", isHead: true)
        let narrow = space(Program.logitGradientName, .workspace, bytes: shape.logitBytes.backward * t * v, .pass)
        // What the allocator has given to layers so far is in pieces too small for what the loss needs.
        let blocks =
            shape.style == .fsdp
            ? [space("layers' blocks", .workspace, bytes: shape.forwardBlockBytes, .pass)] : []
        let input = shape.style == .fsdp ? [headInput()] : []
        kernel(
            "cross entropy backward", .stream(bytes: lossBytes * (shape.fusesLoss ? 4 / 3 : 1)), [logits()],
            [narrow] + blocks)
        let sum = shape.tensor == 1 ? dx : shape.style == .fsdp ? whole(dx) : work
        kernel(
            "logits, input's gradient", .product(batch: 1, m: t, n: h, k: v, ofFloat8: false), [narrow] + table, [sum])
        kernel(
            "logits, weight's gradient", .product(batch: 1, m: v, n: h, k: t, ofFloat8: false), [narrow] + input,
            [gradients])
        if shape.tensor > 1 {
            reduceSequence(sum)
            kernel("head's input gradient", .stream(bytes: 0), [sum], [dx])
        }
        if shape.shardsLayers, !(holdsEmbedding && shape.model.tiedHead) { scatterTable(gradients) }
    }
}
