import Recipes

/// The two ends of the model: the embedding, and the final norm with the head and the loss.
extension StageBuilder {
    mutating func lowerEmbeddingForward() -> EmbeddingActivations {
        let names = architecture.names
        let tokens = buffer("tokens", .activations, rows, .microbatch, .int32)
        let looked = saved("embedded", localRows * width)
        let found = parts == 1 ? looked : passing("embedded, whole sequence", rows * width)
        emit(.loadTokens(rows: rows), [], [tokens])
        emit(
            .embedding(rows: rows, vocabularyRows: vocabularyRows, width: width),
            [tokens, parameter(names.embedding + ".weight")], [found])
        if parts == 1 {
            collective(.allReduceOr, .tensor, looked)
        } else {
            scatterSequence(.reduceScatterOr, found, width: width, into: looked)
        }
        if architecture.positions == .learned {
            emit(
                .addPositions(samples: samples, positions: localSequence, width: width),
                [looked, parameter(names.positions + ".weight")[localPositions]], [looked])
        }
        guard architecture.normsEmbedding else {
            return EmbeddingActivations(tokens: tokens, looked: looked, norm: nil, output: looked)
        }
        let norm = lowerNorm(looked, names.embeddingNorm, saving: "embedding norm")
        return EmbeddingActivations(tokens: tokens, looked: looked, norm: norm, output: norm.output)
    }

    mutating func lowerEmbeddingBackward(_ kept: EmbeddingActivations, gradient dOutput: Operand) {
        let names = architecture.names
        // The look-up's gradient of a tied embedding has a place of its own (A9).
        beginGradients(architecture.tiesHead ? [.start] : [.embedding, .start])
        var dLooked = dOutput
        if let norm = kept.norm {
            dLooked = passing("d embedded", localRows * width)
            lowerNormBackward(
                dOutput, names.embeddingNorm, input: kept.looked, kept: norm, residual: nil, into: dLooked)
        }
        if architecture.positions == .learned { lowerPositionGradient(names.positions + ".weight", dLooked) }
        let dWhole = wholeSequence(dLooked, width: width, "d embedded")
        let table = names.embedding + ".weight"
        let count = vocabularyRows * width
        // Slot 0 is the gradient itself.
        let lane = buffer("look-up lane", .gradients, count * fold.laneCopies, .run)
        let lookup = architecture.tiesHead ? lookupSum(count) : gradient(table)
        emit(
            .embeddingGradient(vocabularyRows: vocabularyRows, width: width, fold), [kept.tokens, dWhole],
            [lane, lookup])
        if architecture.tiesHead { endLookupGradient(lookup) }
        endGradients(architecture.tiesHead ? [.start] : [.embedding, .start])
    }

    /// The head's gradient of a tied embedding is a sum of its own (A9), so the look-up's is another.
    private mutating func lookupSum(_ count: Int) -> Operand {
        guard layout.stridesLanes else {
            let sum = buffer("look-up gradient", .gradients, count, .run)
            lookupGradient = sum
            return sum
        }
        return lanesOutliveMicrobatches
            ? buffer("look-up sum", .gradients, count, .run) : scratch("look-up sum", count)
    }

    /// The elements of the table of positions whose tokens this rank has.
    private var localPositions: Range<Int> {
        let first = parts == 1 ? 0 : coordinate.tensor * localSequence
        return first * width..<(first + localSequence) * width
    }

    /// Each position's row belongs to one part of the sequence, so parts are put side by side, not added.
    private mutating func lowerPositionGradient(_ name: String, _ dx: Operand) {
        let lane = buffer(name + " lane", .gradients, localSequence * width * fold.laneSlots, .run)
        let table = gradient(name)
        emit(
            .positionGradient(positions: localSequence, width: width, fold), [dx], [lane, table[localPositions]])
        guard parts > 1, !layout.stridesLanes || closesLane else { return }
        if layout.stridesLanes {
            gatherPositions(table)
        } else {
            positionGradient = table
        }
    }

    /// Every tensor rank gets all rows of the gradient of the positions.
    mutating func gatherPositions(_ table: Operand) {
        collective(.allGather, .tensor, table, cuts: (0...parts).map { $0 * localSequence * width })
    }

    mutating func lowerHeadForward(_ input: Operand) -> HeadActivations {
        let targets = buffer("targets", .activations, rows, .microbatch, .int32)
        emit(.loadTargets(rows: rows), [], [targets])
        let (norm, logits) = lowerLogits(input)
        let (max, sums, target) = lowerScores(logits, targets: targets)
        let loss = scratch("loss", rows)
        emit(.crossEntropy(rows: rows), [max, sums, target], [loss])
        let perSample = buffer(
            "sample losses", .workspace, recipe.batch.global / layout.data, .run, .float64)
        emit(.sampleLosses(samples: samples, sequence: sequence), [loss], [perSample])
        return HeadActivations(
            targets: targets, norm: norm, logits: logits, max: max, sums: sums, targetLogits: target)
    }

    /// The final norm and the logits of this rank's rows of the vocabulary.
    mutating func lowerLogits(_ input: Operand) -> (norm: NormActivations, logits: Operand) {
        let norm = lowerNorm(input, architecture.names.finalNorm, saving: "final norm")
        let columns = vocabularyRows
        let logits = result(ReadingShape.logitsName, rows * columns)
        let all = wholeSequence(norm.output, width: width, "head input")
        emit(
            .product(MatrixProduct(m: rows, n: columns, k: width, transposesB: true, segments: 1, addsBias: false)),
            [all, parameter(architecture.headWeight)], [logits])
        return (norm, logits)
    }

    /// What the cross entropy is made of: the largest logit, the sum of exponentials, and the target's logit.
    mutating func lowerScores(
        _ logits: Operand, targets: Operand
    ) -> (max: Operand, sums: Operand, target: Operand) {
        let columns = vocabularyRows
        let max = result(ReadingShape.largestName, rows)
        emit(.rowMax(rows: rows, columns: columns), [logits], [max])
        collective(.allReduceMax, .tensor, max)
        let sums = result(ReadingShape.sumsName, rows)
        emit(.expSums(rows: rows, columns: columns, segments: segments), [logits, max], [sums])
        collective(.allReduceSum, .tensor, sums)
        let target = result(ReadingShape.targetLogitsName, rows)
        emit(.targetLogits(rows: rows, columns: columns), [logits, targets], [target])
        collective(.allReduceOr, .tensor, target)
        return (max, sums, target)
    }

    mutating func lowerHeadBackward(_ kept: HeadActivations, input: Operand) -> Operand {
        let columns = vocabularyRows
        emit(
            .crossEntropyGradient(rows: rows, columns: columns), [kept.logits, kept.targets, kept.max, kept.sums],
            [kept.logits])
        let all = wholeSequence(kept.norm.output, width: width, "head input", on: .communication)
        let dNormed = scratch("d final norm", localRows * width)
        segmentedProduct(
            kept.logits, parameter(architecture.headWeight), inputs: columns, outputs: width, into: dNormed,
            on: .communication)
        emit(
            .weightGradient(rows: columns, columns: width, fold), [kept.logits, all],
            [gradient(architecture.headWeight)])
        let dInput = passing("d head input", localRows * width)
        lowerNormBackward(
            dNormed, architecture.names.finalNorm, input: input, kept: kept.norm, residual: nil, into: dInput)
        return dInput
    }
}
