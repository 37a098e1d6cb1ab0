import Recipes

/// The two ends of the model: the embedding with its norm, and the final norm with the tied head and the loss.
extension StageBuilder {
    mutating func lowerEmbeddingForward() -> EmbeddingActivations {
        let tokens = buffer("tokens", .activations, rows, .microbatch, .int32)
        let looked = saved("embedded", rows * width)
        emit(.loadTokens(rows: rows), [], [tokens])
        emit(
            .embedding(rows: rows, vocabularyRows: vocabularyRows, width: width),
            [tokens, parameter("word_embeddings.weight")], [looked])
        collective(.allReduceOr, .tensor, looked)
        let norm = lowerNorm(looked, "word_embeddings_layernorm", saving: "embedding norm")
        return EmbeddingActivations(
            tokens: tokens, looked: looked, mean: norm.mean, rstd: norm.rstd, output: norm.output)
    }

    mutating func lowerEmbeddingBackward(_ kept: EmbeddingActivations, gradient dOutput: Operand) {
        let dLooked = scratch("d embedded", rows * width)
        lowerNormBackward(
            dOutput, "word_embeddings_layernorm", input: kept.looked, mean: kept.mean, rstd: kept.rstd,
            residual: nil, into: dLooked)
        let count = shard.embeddingCount
        // Slot 0 is the gradient itself.
        let lane = buffer("look-up lane", .gradients, count * fold.laneCopies, .run)
        let lookup = buffer("look-up gradient", .gradients, count, .run)
        lookupGradient = lookup
        emit(
            .embeddingGradient(vocabularyRows: vocabularyRows, width: width, fold), [kept.tokens, dLooked],
            [lane, lookup])
    }

    mutating func lowerHeadForward(_ input: Operand) -> HeadActivations {
        let targets = buffer("targets", .activations, rows, .microbatch, .int32)
        emit(.loadTargets(rows: rows), [], [targets])
        let norm = lowerNorm(input, "ln_f", saving: "final norm")
        let columns = vocabularyRows
        let logits = saved("logits", rows * columns)
        emit(
            .product(MatrixProduct(m: rows, n: columns, k: width, transposesB: true, segments: 1, addsBias: false)),
            [norm.output, parameter("word_embeddings.weight")], [logits])
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
            targets: targets, normed: norm.output, mean: norm.mean, rstd: norm.rstd, logits: logits, max: max,
            sums: sums, targetLogits: target)
    }

    mutating func lowerHeadBackward(_ kept: HeadActivations, input: Operand) -> Operand {
        let columns = vocabularyRows
        emit(
            .crossEntropyGradient(rows: rows, columns: columns), [kept.logits, kept.targets, kept.max, kept.sums],
            [kept.logits])
        emit(
            .weightGradient(rows: columns, columns: width, fold), [kept.logits, kept.normed],
            [gradient("word_embeddings.weight")])
        let dNormed = scratch("d final norm", rows * width)
        segmentedProduct(
            kept.logits, parameter("word_embeddings.weight"), inputs: columns, outputs: width, into: dNormed)
        let dInput = scratch("d head input", rows * width)
        lowerNormBackward(
            dNormed, "ln_f", input: input, mean: kept.mean, rstd: kept.rstd, residual: nil, into: dInput)
        return dInput
    }
}
