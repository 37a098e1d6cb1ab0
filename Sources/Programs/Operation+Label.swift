extension Operation {
    /// A name for people; products carry their shape, m × n × k.
    ///
    /// - Parameter firstOperand: elements of the first operand that is read.
    public func label(tokens firstOperand: Int) -> String {
        switch self {
        case .loadTokens, .loadTargets: "load tokens"
        case .send, .receive: "transfer"
        case .collective: "collective"
        case .embedding: "embedding"
        case .layerNorm: "layer norm"
        case .rmsNorm: "RMS norm"
        case .rotate: "rotary positions"
        case .addPositions: "learned positions"
        case .swiglu: "SwiGLU"
        case .product(let p):
            "product \(p.transposesB ? "NT" : "NN") \(p.m) × \(p.n) × \(p.k)"
                + (p.segments > 1 ? " in \(p.segments)" : "")
        case .addBiasResidual: "bias and residual"
        case .gelu: "gelu"
        case .attention, .attentionOverKept: "attention"
        case .rowMax: "row maximum"
        case .expSums: "sums of exponentials"
        case .targetLogits, .crossEntropy, .sampleLosses: "cross entropy"
        case .crossEntropyGradient: "cross entropy gradient"
        case .layerNormBackward: "layer norm gradient"
        case .rmsNormBackward: "RMS norm gradient"
        case .swigluBackward: "SwiGLU gradient"
        case .positionGradient: "learned positions' gradient"
        case .geluBackward: "gelu gradient"
        case .attentionBackward: "attention gradient"
        case .weightGradient(let rows, let columns, _):
            "product TN \(rows) × \(columns) × \(firstOperand / max(rows, 1))"
        case .biasGradient: "bias gradient"
        case .replicatedGradient: "norm parameters' gradient"
        case .embeddingGradient: "embedding gradient"
        case .foldLanes: "fold of lanes"
        case .foldRound: "fold of rounds"
        case .add: "add"
        case .statistics: "gradient norm and statistics"
        case .adamW: "AdamW"
        case .roundShard: "rounding of parameters"
        case .modelled(let kernel): kernel.name
        }
    }
}
