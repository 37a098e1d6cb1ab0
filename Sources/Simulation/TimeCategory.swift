import Programs

/// What accelerator time is spent on.
public enum TimeCategory: String, Sendable, CaseIterable {
    case matrixProducts = "matrix_products"
    case attention
    /// Norms, activations, look-ups, sums, losses: kernels bound by memory.
    case otherKernels = "other_kernels"
    case optimizer
    /// What kernels wait for their launch.
    case launches
    /// What computing is slowed down by collectives that travel beside it.
    case interference
    /// Exchanges among tensor ranks that nothing hides; likewise below.
    case tensorExchange = "tensor_exchange"
    /// Gradients and sharded parameters among replicas.
    case dataExchange = "data_exchange"
    /// The tied embedding's gradient between the first and the last stage.
    case embeddingExchange = "embedding_exchange"
    /// Norms, losses and statistics of the updates.
    case statisticsExchange = "statistics_exchange"
    /// Messages between stages that are on their way.
    case pipelineTransfer = "pipeline_transfer"
    /// Waiting for another stage before this one's first backward.
    case warmupBubble = "warmup_bubble"
    /// Waiting for another stage in between: stages are not equal, or messages take long.
    case steadyBubble = "steady_bubble"
    /// Waiting for another stage after this one's last forward.
    case drainBubble = "drain_bubble"
    /// Waiting for a slower tensor rank or replica.
    case imbalance

    /// The three ways to spend time that ``StepTiming/TimeShare`` tells apart.
    public enum Kind: Sendable { case busy, exposedCommunication, bubble }

    public var kind: Kind {
        switch self {
        case .matrixProducts, .attention, .otherKernels, .optimizer, .launches, .interference: .busy
        case .tensorExchange, .dataExchange, .embeddingExchange, .statisticsExchange, .pipelineTransfer:
            .exposedCommunication
        case .warmupBubble, .steadyBubble, .drainBubble, .imbalance: .bubble
        }
    }

    /// The category in words.
    public var name: String {
        switch self {
        case .matrixProducts: "matrix products"
        case .attention: "attention"
        case .otherKernels: "other kernels"
        case .optimizer: "optimizer"
        case .launches: "kernel launches"
        case .interference: "slowed by what travels"
        case .tensorExchange: "exposed tensor exchange"
        case .dataExchange: "exposed data exchange"
        case .embeddingExchange: "tied embedding's exchange"
        case .statisticsExchange: "norms and statistics"
        case .pipelineTransfer: "pipeline transfers"
        case .warmupBubble: "bubble, warm-up"
        case .steadyBubble: "bubble, in between"
        case .drainBubble: "bubble, drain"
        case .imbalance: "waiting for slower ranks"
        }
    }

    /// What the instruction's own time counts as.
    public init(_ operation: Operation) {
        switch operation {
        case .product, .weightGradient: self = .matrixProducts
        case .attention, .attentionOverKept, .attentionBackward: self = .attention
        case .adamW, .roundShard, .statistics(.squareSums): self = .optimizer
        case .statistics: self = .statisticsExchange
        case .send, .receive: self = .pipelineTransfer
        case .collective(let exchange):
            switch exchange.group {
            case .tensor: self = .tensorExchange
            case .data: self = .dataExchange
            case .tied: self = .embeddingExchange
            case .replica: self = .statisticsExchange
            }
        case .loadTokens, .loadTargets, .embedding, .addPositions, .layerNorm, .rmsNorm, .addBiasResidual, .gelu,
            .swiglu, .rotate, .rowMax, .expSums, .targetLogits, .crossEntropy, .sampleLosses, .crossEntropyGradient,
            .layerNormBackward, .rmsNormBackward, .geluBackward, .swigluBackward, .biasGradient, .replicatedGradient,
            .positionGradient, .embeddingGradient, .foldLanes, .foldRound, .add:
            self = .otherKernels
        case .modelled(let kernel):
            switch kernel.work {
            case .product: self = kernel.isOfAttention ? .attention : .matrixProducts
            case .fusedAttention: self = .attention
            case .elementwise, .stream, .accumulation:
                self = kernel.name == ModelledKernel.optimizer ? .optimizer : .otherKernels
            }
        }
    }
}
