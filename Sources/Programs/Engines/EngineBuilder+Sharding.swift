import Recipes

/// Parameters that are gathered when they are needed, and gradients that go to their owners.
extension EngineBuilder {
    /// The parameters of a layer, on their way while the one before computes; nothing where every rank has them all.
    mutating func gather(_ when: String, _ layer: Int?) -> [Operand] {
        // Under ZeRO-2 parameters are gathered once, at the step's end.
        guard let layer, shape.gathersLayers else { return [] }
        let type: BufferDeclaration.ElementType = shape.computesFloat8 ? .float8 : shape.storedType
        let name = "h.\(layer) parameters \(when)"
        let whole = buffer(name, .workspace, shape.layerParameters, .pass, type)
        return gather(name, into: whole, type)
    }

    /// The embedding or the head, which no product in float8 reads.
    mutating func gatherTable(_ when: String, isHead: Bool) -> [Operand] {
        guard shape.gathersLayers else { return [] }
        let (name, count) = ("embedding \(when)", shape.embeddingParameters)
        guard shape.style == .fsdp else {
            let type: BufferDeclaration.ElementType = shape.computesFloat8 ? .float8 : shape.storedType
            return gather(name, into: buffer(name, .workspace, count, .pass, type), type)
        }
        let root = buffer(Self.rootName, .workspace, rootParameters, .run, shape.storedType)
        return gather(name, into: isHead ? root[root.count - count..<root.count] : root[0..<count], shape.storedType)
    }

    private mutating func gather(
        _ name: String, into whole: Operand, _ type: BufferDeclaration.ElementType
    ) -> [Operand] {
        let own = buffer(name + ", own", .workspace, shape.share(whole.count), .pass, type)
        kernel("parameters as they travel", .stream(bytes: 0), [Operand(BufferID(0), count: buffers[0].count)], [own])
        collective(.allGather, .data, own, into: whole, count: whole.count, on: .communication)
        return [whole]
    }

    mutating func wholeGradient(_ layer: Int) -> Operand {
        buffer("h.\(layer) gradients", .workspace, shape.layerParameters, .pass, shape.storedType)
    }

    /// A layer's gradients go to their owners while the next one's are computed.
    mutating func scatter(_ whole: Operand, _ gradients: Operand) {
        takeInShard(gradients)
        travelling = reduceScatter(.data, whole, on: .communication)
    }

    /// Adds the shard that travels, if one does, to the gradients: the next layer has been computed meanwhile.
    mutating func takeInShard(_ gradients: Operand) {
        guard let part = travelling else { return }
        kernel("gradient accumulation", .stream(bytes: 0), [part], [gradients])
        travelling = nil
    }

    mutating func scatterTable(_ gradients: Operand) {
        let whole = buffer(
            "embedding gradients \(chunk)", .workspace, shape.embeddingParameters, .pass, shape.storedType)
        kernel("embedding gradients", .stream(bytes: 0), [gradients], [whole])
        scatter(whole, gradients)
    }

    // MARK: What FSDP holds beside the layers at work

    private static let rootName = "root's parameters"

    /// FSDP's outermost group, embedding and head, stays gathered from the forward's begin to the backward's end.
    private var rootParameters: Int {
        shape.parameters(layers: 0, holdsEmbedding: holdsEmbedding, holdsHead: holdsHead)
    }

    /// Memory that the allocator keeps for the stream of all-gathers, from which parameters are copied out: as much as the
    /// root has, beside a layer's. Where layers come one after the other, theirs is with those that are on their way.
    mutating func declareGatherMemory() {
        guard shape.style == .fsdp, shape.gathersLayers || shape.keepsStageWhole else { return }
        let count = rootParameters + (shape.keepsStageWhole ? shape.layerParameters : 0)
        if count > 0 { _ = buffer("all-gathers", .workspace, count, .run, shape.storedType) }
    }

    /// The most parameters whose gradients are whole at once, where they stay so until their chunk's last backward.
    var openGradients: Int {
        let layout = shape.layout
        let order = Schedule.Order(
            layout.schedule, stage: shape.coordinate.pipeline, stages: layout.pipeline,
            microbatches: shape.microbatches, chunks: layout.interleave, style: layout.style)
        let weights = chunks.enumerated().map { index, layers in
            shape.parameters(
                layers: layers.count, holdsEmbedding: holdsEmbedding && index == 0,
                holdsHead: holdsHead && index == chunks.count - 1)
        }
        return Schedule.mostOpen(order, weights: weights)
    }

    /// PyTorch's pipelines have memory for what each of a step's micro-batches will bring, and keep a chunk's outputs.
    mutating func declareArrivals(elements: Int) {
        guard shape.keepsStageWhole else { return }
        let more = shape.microbatches - inFlight
        if !isFirst, more > 0 {
            _ = buffer("activations to come \(boundary)", .workspace, more * elements, .run, shape.storedType)
        }
        if !isLast, shape.microbatches > 1 {
            let count = (shape.microbatches - 1) * elements
            _ = buffer("gradients to come \(boundary)", .workspace, count, .run, shape.storedType)
        }
    }

    /// What a step's micro-batches gave as the model's output, which PyTorch's pipelines return in one piece.
    mutating func outputs(_ name: String, _ lifetime: BufferDeclaration.Lifetime) -> Operand {
        let count = shape.microbatches * shape.tokens * shape.vocabulary
        return buffer(name, .workspace, count, lifetime, shape.storedType)
    }
}
