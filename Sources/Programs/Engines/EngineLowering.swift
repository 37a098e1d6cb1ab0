import Diagnostics
import Recipes

/// Turns a recipe into the programs that Megatron-LM, Megatron-DeepSpeed or PyTorch's FSDP would run for it.
enum EngineLowering {
    static func program(_ recipe: Recipe, at coordinate: Coordinate) throws(Diagnostic) -> Program {
        let layout = recipe.layout
        let shape = EngineShape(recipe: recipe, layout: layout, coordinate: coordinate)
        var builder = EngineBuilder(shape, chunks: recipe.otherStylesChunkLayers(stage: coordinate.pipeline))
        builder.lowerStage()
        let passes = builder.passes
        let numbers = PassNumbers(passes)
        let schedule = Schedule.actions(
            layout.schedule, stage: coordinate.pipeline, stages: layout.pipeline, microbatches: shape.microbatches,
            chunks: layout.interleave, style: layout.style)
        return Program(
            coordinate: coordinate, buffers: builder.buffers, passes: passes,
            actions: schedule.map { Lowering.action($0, closesLane: { _ in false }, numbers) },
            shard: .empty, style: layout.style)
    }
}

extension EngineBuilder {
    /// Writes every pass of the stage.
    mutating func lowerStage() {
        declareState()
        for (index, layers) in chunks.enumerated() {
            chunk = index
            lowerChunk(layers)
        }
        lowerStepEnd()
    }

    private mutating func lowerChunk(_ layers: Range<Int>) {
        let elements = shape.localTokens * shape.width
        func crossing(_ name: String, _ lifetime: BufferDeclaration.Lifetime) -> Operand {
            buffer(
                name, lifetime == .microbatch ? .activations : .workspace, elements, lifetime, shape.storedType)
        }
        let input = crossing("stage input \(boundary)", .microbatch)
        let output =
            shape.keepsStageWhole && !isLast
            ? crossing("stage output \(boundary)", .microbatch) : crossing("stage output", .run)
        let incoming = crossing("incoming gradient", .run)
        let outgoing = crossing("outgoing gradient", .run)
        declareArrivals(elements: elements)

        lowerForward(layers, input: input, output: output)
        endPass(.forward(chunk: chunk))
        lowerBackward(layers, input: input, incoming: incoming, outgoing: outgoing)
        endPass(.backward(chunk: chunk, closingLane: false))
        if !isFirst {
            receive(Transfer(.activation, .previousStage, boundary: boundary), input)
            endPass(.receiveActivation(chunk: chunk))
            send(Transfer(.gradient, .previousStage, boundary: boundary), outgoing)
            endPass(.sendGradient(chunk: chunk))
        }
        if !isLast {
            send(Transfer(.activation, .nextStage, boundary: boundary + 1), output)
            endPass(.sendActivation(chunk: chunk))
            receive(Transfer(.gradient, .nextStage, boundary: boundary + 1), incoming)
            endPass(.receiveGradient(chunk: chunk))
        }
    }

    /// Tensor ranks hold equal activations unless the sequence is split: each sends its part, and the receivers gather
    /// (Narayanan et al. 2021, section 4.1).
    private func part(of operand: Operand) -> Operand? {
        guard shape.tensor > 1, !shape.layout.sequenceParallel, operand.count % shape.tensor == 0 else { return nil }
        let count = operand.count / shape.tensor
        return operand[shape.coordinate.tensor * count..<(shape.coordinate.tensor + 1) * count]
    }

    private mutating func send(_ transfer: Transfer, _ operand: Operand) {
        emit(.send(transfer), [part(of: operand) ?? operand], [])
    }

    private mutating func receive(_ transfer: Transfer, _ operand: Operand) {
        guard let part = part(of: operand) else { return emit(.receive(transfer), [], [operand]) }
        emit(.receive(transfer), [], [part])
        collective(.allGather, .tensor, part, into: operand, count: operand.count)
    }
}
