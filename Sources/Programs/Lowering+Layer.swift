import Recipes

/// One pre-norm transformer block of BLOOM: fused QKV, ALiBi attention, GELU MLP, biases everywhere.
extension StageBuilder {
    mutating func lowerLayerForward(
        _ layer: Int, input: Operand, slopes: Operand
    ) -> (kept: LayerActivations, output: Operand) {
        let kept = lowerLayerBody(layer, input: input, slopes: slopes, naming: "h.\(layer)")
        let output = saved("h.\(layer) output", rows * width)
        rowParallel(
            kept.activated, "h.\(layer).mlp.dense_4h_to_h", inputs: recipe.model.ffn / tensor, residual: kept.middle,
            into: output)
        return (kept, output)
    }

    /// The same instructions once more, in the backward, up to what the backward reads: the layer's output is not.
    mutating func lowerLayerForwardAgain(_ layer: Int, input: Operand, slopes: Operand) -> LayerActivations {
        lowerLayerBody(layer, input: input, slopes: slopes, naming: "h.\(layer) again")
    }

    /// The block up to the MLP's activation. `naming` begins the buffers' names; parameters keep theirs.
    private mutating func lowerLayerBody(
        _ layer: Int, input: Operand, slopes: Operand, naming: String
    ) -> LayerActivations {
        let name = "h.\(layer)"
        let local = width / tensor
        let ffn = recipe.model.ffn / tensor
        let n1 = lowerNorm(input, name + ".input_layernorm", saving: naming + " norm 1", inLayer: true)
        let qkv = inner(naming + " qkv", rows * 3 * local)
        columnParallel(
            n1.output, name + ".self_attention.query_key_value", outputs: 3 * local, inputs: width, into: qkv)
        let attended = inner(naming + " attended", rows * local)
        let rowMax = inner(naming + " row max", samples * heads.heads * sequence)
        let rowSum = inner(naming + " row sum", samples * heads.heads * sequence)
        emit(.attention(heads), [qkv, slopes], [attended, rowMax, rowSum])
        let middle = inner(naming + " middle", rows * width)
        rowParallel(attended, name + ".self_attention.dense", inputs: local, residual: input, into: middle)

        let n2 = lowerNorm(middle, name + ".post_attention_layernorm", saving: naming + " norm 2", inLayer: true)
        let expanded = inner(naming + " expanded", rows * ffn)
        columnParallel(n2.output, name + ".mlp.dense_h_to_4h", outputs: ffn, inputs: width, into: expanded)
        let activated = inner(naming + " activated", rows * ffn)
        emit(.gelu(count: rows * ffn), [expanded], [activated])
        return LayerActivations(
            input: input, normed: n1.output, mean: n1.mean, rstd: n1.rstd, qkv: qkv, attended: attended,
            rowMax: rowMax, rowSum: rowSum, middle: middle, normedMiddle: n2.output, meanMiddle: n2.mean,
            rstdMiddle: n2.rstd, expanded: expanded, activated: activated)
    }

    /// Gradients of the block; returns that of its input, in `target` when one is given.
    mutating func lowerLayerBackward(
        _ layer: Int, _ kept: LayerActivations, gradient dOutput: Operand, slopes: Operand, into target: Operand?
    ) -> Operand {
        let name = "h.\(layer)"
        let local = width / tensor
        let ffn = recipe.model.ffn / tensor

        // MLP.
        let dActivated = scratch(name + " d activated", rows * ffn)
        rowParallelBackward(
            name + ".mlp.dense_4h_to_h", dOutput, input: kept.activated, inputs: ffn, into: dActivated)
        emit(.geluBackward(count: rows * ffn), [dActivated, kept.expanded], [dActivated])
        let dNormedMiddle = scratch(name + " d norm 2", rows * width)
        columnParallelBackward(
            name + ".mlp.dense_h_to_4h", dActivated, input: kept.normedMiddle, outputs: ffn, into: dNormedMiddle)
        let dMiddle = scratch(name + " d middle", rows * width)
        lowerNormBackward(
            dNormedMiddle, name + ".post_attention_layernorm", input: kept.middle, mean: kept.meanMiddle,
            rstd: kept.rstdMiddle, residual: dOutput, into: dMiddle)

        // Attention.
        let dAttended = scratch(name + " d attended", rows * local)
        rowParallelBackward(
            name + ".self_attention.dense", dMiddle, input: kept.attended, inputs: local, into: dAttended)
        let dQKV = scratch(name + " d qkv", rows * 3 * local)
        emit(.attentionBackward(heads), [kept.qkv, slopes, kept.rowMax, kept.rowSum, dAttended], [dQKV])
        let dNormed = scratch(name + " d norm 1", rows * width)
        columnParallelBackward(
            name + ".self_attention.query_key_value", dQKV, input: kept.normed, outputs: 3 * local, into: dNormed)
        let dInput = target ?? scratch(name + " d input", rows * width)
        lowerNormBackward(
            dNormed, name + ".input_layernorm", input: kept.input, mean: kept.mean, rstd: kept.rstd,
            residual: dMiddle, into: dInput)
        return dInput
    }

    /// out = (tree of segments + bias) + residual.
    private mutating func rowParallel(
        _ input: Operand, _ name: String, inputs: Int, residual: Operand, into output: Operand
    ) {
        let sum = scratch(name + " sum", rows * width)
        segmentedProduct(input, parameter(name + ".weight"), inputs: inputs, outputs: width, into: sum)
        emit(.addBiasResidual(rows: rows, width: width), [sum, parameter(name + ".bias"), residual], [output])
    }

    /// Gradients of a row-parallel layer's bias and [in, out] weight, and of its input.
    private mutating func rowParallelBackward(
        _ name: String, _ dOutput: Operand, input: Operand, inputs: Int, into dInput: Operand
    ) {
        lowerReplicatedGradient(name + ".bias", [dOutput])
        emit(
            .weightGradient(rows: inputs, columns: width, fold), [input, dOutput], [gradient(name + ".weight")])
        emit(
            .product(MatrixProduct(m: rows, n: inputs, k: width, transposesB: true, segments: 1, addsBias: false)),
            [dOutput, parameter(name + ".weight")], [dInput])
    }

    /// Gradients of a column-parallel layer's bias and [out, in] weight, and of its input over the tensor ranks.
    private mutating func columnParallelBackward(
        _ name: String, _ dOutput: Operand, input: Operand, outputs: Int, into dInput: Operand
    ) {
        emit(.biasGradient(width: outputs, fold), [dOutput], [gradient(name + ".bias")])
        emit(
            .weightGradient(rows: outputs, columns: width, fold), [dOutput, input], [gradient(name + ".weight")])
        segmentedProduct(dOutput, parameter(name + ".weight"), inputs: outputs, outputs: width, into: dInput)
    }
}
