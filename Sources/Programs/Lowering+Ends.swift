import Recipes

/// The two ends of the model: the embedding, and the final norm with the head and the loss.
extension StageBuilder {
    mutating func lowerEmbeddingForward() -> EmbeddingActivations {
        let names = architecture.names
        let tokens = buffer("tokens", .activations, rows, .microbatch, .int32)
        let looked = saved("embedded", rows * width)
        emit(.loadTokens(rows: rows), [], [tokens])
        emit(
            .embedding(rows: rows, vocabularyRows: vocabularyRows, width: width),
            [tokens, parameter(names.embedding + ".weight")], [looked])
        collective(.allReduceOr, .tensor, looked)
        if architecture.positions == .learned {
            emit(
                .addPositions(samples: samples, positions: sequence, width: width),
                [looked, parameter(names.positions + ".weight")], [looked])
        }
        guard architecture.normsEmbedding else {
            return EmbeddingActivations(tokens: tokens, looked: looked, norm: nil, output: looked)
        }
        let norm = lowerNorm(looked, names.embeddingNorm, saving: "embedding norm")
        return EmbeddingActivations(tokens: tokens, looked: looked, norm: norm, output: norm.output)
    }

    mutating func lowerEmbeddingBackward(_ kept: EmbeddingActivations, gradient dOutput: Operand) {
        let names = architecture.names
        var dLooked = dOutput
        if let norm = kept.norm {
            dLooked = scratch("d embedded", rows * width)
            lowerNormBackward(
                dOutput, names.embeddingNorm, input: kept.looked, kept: norm, residual: nil, into: dLooked)
        }
        if architecture.positions == .learned { lowerPositionGradient(names.positions + ".weight", dLooked) }
        let table = gradient(names.embedding + ".weight")
        // Slot 0 is the gradient itself.
        let lane = buffer("look-up lane", .gradients, table.count * fold.laneCopies, .run)
        // The head's gradient of a tied embedding is a sum of its own (A9).
        let lookup = architecture.tiesHead ? buffer("look-up gradient", .gradients, table.count, .run) : table
        if architecture.tiesHead { lookupGradient = lookup }
        emit(
            .embeddingGradient(vocabularyRows: vocabularyRows, width: width, fold), [kept.tokens, dLooked],
            [lane, lookup])
    }

    private mutating func lowerPositionGradient(_ name: String, _ dx: Operand) {
        let lane = buffer(name + " lane", .gradients, sequence * width * fold.laneSlots, .run)
        emit(.positionGradient(positions: sequence, width: width, fold), [dx], [lane, gradient(name)])
    }

    mutating func lowerHeadForward(_ input: Operand) -> HeadActivations {
        let targets = buffer("targets", .activations, rows, .microbatch, .int32)
        emit(.loadTargets(rows: rows), [], [targets])
        let norm = lowerNorm(input, architecture.names.finalNorm, saving: "final norm")
        let columns = vocabularyRows
        let logits = saved("logits", rows * columns)
        emit(
            .product(MatrixProduct(m: rows, n: columns, k: width, transposesB: true, segments: 1, addsBias: false)),
            [norm.output, parameter(architecture.headWeight)], [logits])
        let max = saved("logit max", rows)
        emit(.rowMax(rows: rows, columns: columns), [logits], [max])
        collective(.allReduceMax, .tensor, max)
        let sums = saved("exp sums", rows)
        emit(.expSums(rows: rows, columns: columns, segments: segments), [logits, max], [sums])
        collective(.allReduceSum, .tensor, sums)
        let target = saved("target logits", rows)
        emit(.targetLogits(rows: rows, columns: columns), [logits, targets], [target])
        collective(.allReduceOr, .tensor, target)
        let loss = scratch("loss", rows)
        emit(.crossEntropy(rows: rows), [max, sums, target], [loss])
        let perSample = buffer(
            "sample losses", .workspace, recipe.batch.global / layout.data, .run, .float64)
        emit(.sampleLosses(samples: samples, sequence: sequence), [loss], [perSample])
        return HeadActivations(
            targets: targets, norm: norm, logits: logits, max: max, sums: sums, targetLogits: target)
    }

    mutating func lowerHeadBackward(_ kept: HeadActivations, input: Operand) -> Operand {
        let columns = vocabularyRows
        emit(
            .crossEntropyGradient(rows: rows, columns: columns), [kept.logits, kept.targets, kept.max, kept.sums],
            [kept.logits])
        emit(
            .weightGradient(rows: columns, columns: width, fold), [kept.logits, kept.norm.output],
            [gradient(architecture.headWeight)])
        let dNormed = scratch("d final norm", rows * width)
        segmentedProduct(
            kept.logits, parameter(architecture.headWeight), inputs: columns, outputs: width, into: dNormed)
        let dInput = scratch("d head input", rows * width)
        lowerNormBackward(
            dNormed, architecture.names.finalNorm, input: input, kept: kept.norm, residual: nil, into: dInput)
        return dInput
    }
}
