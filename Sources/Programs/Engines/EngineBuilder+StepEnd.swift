import Recipes

/// What a rank holds from step to step, and the end of a step.
extension EngineBuilder {
    /// Parameters and gradients first: buffers 0 and 1.
    mutating func declareState() {
        let (count, own) = (parameterCount, ownedCount)
        let parameters = shape.gathersLayers ? own : count
        let isMixed = shape.recipe.precision != .float32
        // FSDP keeps float32 shards, which are the masters too.
        let keepsShards = shape.style == .fsdp && !shape.keepsStageWhole
        let type: BufferDeclaration.ElementType = keepsShards ? .float32 : shape.storedType
        _ = buffer(Program.parametersName, .parameters, parameters, .run, type)
        let whole = shape.keepsStageWhole ? openGradients : count
        _ = buffer(Program.gradientsName, .gradients, shape.shardsLayers ? own : whole, .run, gradientType)
        if shape.style == .deepspeed, shape.recipe.precision == .float16 {
            // Its float16 optimiser takes the gradients of what it updates in float32.
            _ = buffer("float32 gradients", .gradients, own, .run, .float32)
        }
        if shape.style == .deepspeed, shape.recipe.precision == .bfloat16 {
            // Its BF16 optimiser accumulates in float32 beside the gradients of the parameters' type.
            _ = buffer("float32 gradients", .gradients, count, .run, .float32)
        }
        if isMixed, !keepsShards { _ = buffer(Program.mastersName, .optimizer, own, .run, .float32) }
        _ = buffer("first moment", .optimizer, own, .run, .float32)
        _ = buffer("second moment", .optimizer, own, .run, .float32)
        declareGatherMemory()
    }

    /// Elements that the rank's optimiser updates.
    private var ownedCount: Int {
        shape.layout.zero >= 1 ? shape.share(parameterCount) : parameterCount
    }

    private var gradientType: BufferDeclaration.ElementType {
        switch shape.style {
        case .deepspeed: shape.storedType
        case .serre, .megatron, .fsdp: .float32
        }
    }

    mutating func lowerStepEnd() {
        let gradients = Operand(BufferID(1), count: buffers[1].count)
        let parameters = Operand(BufferID(0), count: buffers[0].count)
        let reduced = shape.shardsLayers ? gradients : reduceGradients(gradients)
        if shape.model.tiedHead, shape.layout.pipeline > 1, holdsEmbedding || holdsHead {
            let tied = exchanged("tied embedding's gradient", shape.embeddingParameters)
            kernel("tied embedding's gradient", .stream(bytes: 0), [reduced], [tied])
            collective(.allReduceSum, .tied, tied)
        }
        if shape.keepsStageWhole, holdsHead {
            kernel("outputs in one piece", .stream(bytes: 0), [], [outputs("outputs in one piece", .pass)])
        }
        endPass(.reduceGradients)
        // Norm, clip and Adam over the masters, and the other bookkeeping of gradients.
        let bytes = 40 * Double(ownedCount) + 8 * Double(shape.shardsLayers ? ownedCount : parameterCount)
        kernel(ModelledKernel.optimizer, .stream(bytes: bytes), [reduced], [parameters])
        if shape.layout.zero == 1 || shape.layout.zero == 2 || shape.keepsStageWhole {
            // The parameters come in buckets, so no whole copy of them is held.
            collective(.allGather, .data, parameters)
        }
        endPass(.optimizerStep)
    }

    /// Sums the gradients over the data ranks; returns where what this rank's optimiser needs of them lies.
    private mutating func reduceGradients(_ gradients: Operand) -> Operand {
        if shape.keepsStageWhole {
            let shards = buffer("gradient shards", .gradients, ownedCount, .run, .float32)
            let part = shards[0..<shareOfOwn(parameterCount).count]
            collective(.reduceScatter, .data, gradients, into: part, count: parameterCount)
            return part
        }
        // float16 gradients travel as such; bfloat16 ones were accumulated in float32 and travel so.
        let wide = shape.recipe.precision != .float16
        let count = wide && gradientType != .float32 ? 2 * gradients.count : gradients.count
        let halves = !wide && gradientType == .float32 ? count / 2 : count
        let sent = gradients[0..<min(gradients.count, halves)]
        guard shape.layout.zero > 0 else {
            collective(.allReduceSum, .data, sent, count: halves)
            return gradients
        }
        if shape.style == .megatron, shape.layout.data > 1 {
            // Its shards are views of the buffer of gradients.
            let part = gradients[shareOfOwn(sent.count)]
            collective(.reduceScatter, .data, sent, into: part, count: halves)
            return part
        }
        guard let part = reduceScatter(.data, sent, count: halves) else { return gradients }
        kernel("reduced gradients", .stream(bytes: 0), [part], [gradients])
        return gradients
    }

    /// The chunk of so many elements that this rank gets when they are shared out over the data ranks.
    private func shareOfOwn(_ count: Int) -> Range<Int> {
        let chunk = shape.share(count)
        let member = shape.coordinate.data
        return min(count, member * chunk)..<min(count, (member + 1) * chunk)
    }

    private mutating func exchanged(_ name: String, _ count: Int) -> Operand {
        buffer(name, .workspace, count, .pass, shape.storedType)
    }
}
