import ClusterProfiles
import Programs

extension Operation {
    /// The measured kernels that this one belongs to; `nil` for what is no kernel of Serre's own.
    public var rateKind: ClusterProfile.Rates.Kind? {
        switch self {
        case .send, .receive, .collective, .modelled: nil
        case .loadTokens, .loadTargets: .tokens
        case .embedding: .embedding
        case .addPositions, .addBiasResidual, .add: .addition
        case .layerNorm: .layerNorm
        case .rmsNorm: .rmsNorm
        case .product(let product): product.segments > 1 ? .segmentedProduct : .product
        case .gelu: .gelu
        case .swiglu: .swiglu
        case .rotate: .rotation
        case .attention, .attentionOverKept: .attention
        case .rowMax: .rowMaximum
        case .expSums: .exponentials
        case .targetLogits, .crossEntropy, .sampleLosses: .crossEntropy
        case .crossEntropyGradient: .crossEntropyGradient
        case .layerNormBackward: .layerNormGradient
        case .rmsNormBackward: .rmsNormGradient
        case .geluBackward: .geluGradient
        case .swigluBackward: .swigluGradient
        case .attentionBackward: .attentionGradient
        case .weightGradient: .weightGradient
        case .biasGradient: .biasGradient
        case .replicatedGradient: .normGradient
        case .positionGradient: .positionGradient
        case .embeddingGradient: .embeddingGradient
        case .foldLanes, .foldRound: .fold
        case .statistics(let phase): phase.group == nil ? .squareSums : nil
        case .adamW: .adamW
        case .roundShard: .rounding
        }
    }
}
