import Recipes

/// Products and norms as tensor ranks share them: by the features of a product, and by the sequence or not at all
/// between products.
extension StageBuilder {
    // MARK: Products

    /// c = a · weightᵀ (+ bias): a column-parallel layer ([out, in] weight, one chain over the whole input).
    mutating func columnParallel(_ input: Operand, _ name: String, outputs: Int, inputs: Int, into output: Operand) {
        let addsBias = architecture.hasBiases
        let all = wholeSequence(input, width: inputs, name + " input")
        emit(
            .product(MatrixProduct(m: rows, n: outputs, k: inputs, transposesB: true, segments: 1, addsBias: addsBias)),
            [all, parameter(name + ".weight")] + (addsBias ? [parameter(name + ".bias")] : []), [output])
    }

    /// Gradients of a column-parallel layer's bias and [out, in] weight, and of its input over the tensor ranks.
    ///
    /// The input's comes first: it travels while the weight's is computed.
    mutating func columnParallelBackward(
        _ name: String, _ dOutput: Operand, input: Operand, outputs: Int, into dInput: Operand
    ) {
        let all = wholeSequence(input, width: width, name + " input", on: .communication)
        segmentedProduct(
            dOutput, parameter(name + ".weight"), inputs: outputs, outputs: width, into: dInput, on: .communication)
        if architecture.hasBiases { emit(.biasGradient(width: outputs, fold), [dOutput], [gradient(name + ".bias")]) }
        emit(
            .weightGradient(rows: outputs, columns: width, fold), [dOutput, all], [gradient(name + ".weight")])
    }

    /// out = tree of segments (+ bias) + residual, from the left.
    mutating func rowParallel(
        _ input: Operand, _ name: String, inputs: Int, residual: Operand, into output: Operand
    ) {
        let sum = scratch(name + " sum", localRows * width)
        segmentedProduct(input, parameter(name + ".weight"), inputs: inputs, outputs: width, into: sum)
        if architecture.hasBiases {
            emit(.addBiasResidual(rows: localRows, width: width), [sum, parameter(name + ".bias"), residual], [output])
        } else {
            emit(.add(count: localRows * width), [sum, residual], [output])
        }
    }

    /// Gradients of a row-parallel layer's bias and [in, out] weight, and of its input.
    mutating func rowParallelBackward(
        _ name: String, _ dOutput: Operand, input: Operand, inputs: Int, into dInput: Operand
    ) {
        let all = wholeSequence(dOutput, width: width, "d " + name, on: .communication)
        if architecture.hasBiases { lowerReplicatedGradient(name + ".bias", [dOutput]) }
        emit(.weightGradient(rows: inputs, columns: width, fold), [input, all], [gradient(name + ".weight")])
        emit(
            .product(MatrixProduct(m: rows, n: inputs, k: width, transposesB: true, segments: 1, addsBias: false)),
            [all, parameter(name + ".weight")], [dInput])
    }

    /// sum = a · weight over this rank's segments of the input, then over the tensor ranks ([in, out] weight), of the
    /// tokens whose norms this rank has.
    mutating func segmentedProduct(
        _ input: Operand, _ weight: Operand, inputs: Int, outputs: Int, into sum: Operand, on stream: Stream = .compute
    ) {
        let product = parts == 1 ? sum : scratch("parts of a sum", rows * outputs)
        emit(
            .product(
                MatrixProduct(m: rows, n: outputs, k: inputs, transposesB: false, segments: segments, addsBias: false)),
            [input, weight], [product])
        if parts == 1 {
            collective(.allReduceSum, .tensor, sum, on: stream)
        } else {
            scatterSequence(.reduceScatter, product, width: outputs, into: sum, on: stream)
        }
    }

    // MARK: Parts of the sequence

    /// All tokens of an activation of which each tensor rank has its part of the sequence.
    mutating func wholeSequence(
        _ part: Operand, width: Int, _ name: String, on stream: Stream = .compute
    ) -> Operand {
        guard parts > 1 else { return part }
        let whole = passing(name + ", whole sequence", rows * width, type(of: part))
        emit(.collective(sequenceExchange(.allGather, width: width)), [part], [whole], on: stream)
        return whole
    }

    /// Reduces an activation of all tokens to this rank's part of the sequence.
    mutating func scatterSequence(
        _ kind: CollectiveOperation.Kind, _ whole: Operand, width: Int, into part: Operand, on stream: Stream = .compute
    ) {
        emit(.collective(sequenceExchange(kind, width: width)), [whole], [part], on: stream)
    }

    /// Every sample is cut alike.
    private func sequenceExchange(_ kind: CollectiveOperation.Kind, width: Int) -> CollectiveOperation {
        CollectiveOperation(
            kind, .tensor, count: rows * width, blocks: samples, cuts: (0...parts).map { $0 * localSequence * width })
    }

    // MARK: Norms, the shape that every block shares

    mutating func lowerNorm(
        _ input: Operand, _ name: String, saving: String, inLayer: Bool = false
    ) -> NormActivations {
        let output = inLayer ? inner(saving, localRows * width) : saved(saving, localRows * width)
        var mean: Operand?
        if architecture.norm == .layer {
            mean = statistic(saving + " mean", inLayer)
        }
        let rstd = statistic(saving + " rstd", inLayer)
        let kept = NormActivations(output: output, mean: mean, rstd: rstd)
        switch architecture.norm {
        case .layer:
            emit(
                .layerNorm(rows: localRows, width: width),
                [input, parameter(name + ".weight"), parameter(name + ".bias")], [output] + kept.statistics)
        case .rootMeanSquare:
            emit(
                .rmsNorm(rows: localRows, width: width), [input, parameter(name + ".weight")],
                [output] + kept.statistics)
        }
        return kept
    }

    /// A float32 number per token.
    private mutating func statistic(_ name: String, _ inLayer: Bool) -> Operand {
        inLayer ? inner(name, localRows, .float32) : saved(name, localRows, .float32)
    }

    /// Gradients of a norm's parameters, then of its input, with the residual's gradient added when there is one.
    mutating func lowerNormBackward(
        _ dy: Operand, _ name: String, input: Operand, kept: NormActivations, residual: Operand?, into dx: Operand
    ) {
        lowerReplicatedGradient(name + ".weight", [dy, input] + kept.statistics)
        if architecture.norm == .layer { lowerReplicatedGradient(name + ".bias", [dy]) }
        emit(
            architecture.norm == .layer
                ? .layerNormBackward(rows: localRows, width: width) : .rmsNormBackward(rows: localRows, width: width),
            [dy, input] + kept.statistics + [parameter(name + ".weight")] + (residual.map { [$0] } ?? []), [dx])
    }

    /// A gradient that every tensor rank computes alike, or for its part of the sequence (A7).
    mutating func lowerReplicatedGradient(_ name: String, _ reads: [Operand]) {
        guard parts > 1 else {
            // The open lane's accumulators, then the slots of complete lanes but slot 0, which is the gradient itself.
            let lane = buffer(name + " lane", .gradients, (recipe.segments + fold.laneSlots - 1) * width, .run)
            emit(
                .replicatedGradient(width: width, segments: recipe.segments, fold), reads, [lane, gradient(name)])
            return
        }
        let lane = buffer(name + " lane", .gradients, segments * width, .run)
        let lanes = buffer(name + " lanes", .gradients, fold.lanes * width, .run)
        emit(.replicatedGradient(width: width, segments: segments, fold), reads, [lane, lanes])
        // Every backward writes it; the exchange comes once, at the end of the lanes.
        if !layout.stridesLanes || closesLane { partialGradients.append((lanes, gradient(name))) }
    }
}
