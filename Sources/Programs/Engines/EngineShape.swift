import Recipes

/// The sizes that another engine's programs are made of, on one rank.
struct EngineShape {
    let recipe: Recipe
    let layout: Layout
    let coordinate: Coordinate

    var model: Recipe.Model { recipe.model }
    var style: EngineStyle { layout.style }
    var tensor: Int { layout.tensor }
    var width: Int { model.hidden }
    var sequence: Int { model.sequenceLength }
    /// Tokens of a micro-batch, and those whose norms and residuals this rank has.
    var tokens: Int { layout.microBatch * sequence }
    var localTokens: Int { layout.sequenceParallel ? (tokens + tensor - 1) / tensor : tokens }
    var headSize: Int { model.headSize }
    var heads: Int { model.heads / tensor }
    var keyValueHeads: Int { max(1, model.keyValueHeads / tensor) }
    var attended: Int { heads * headSize }
    /// Width of queries, keys and values.
    var projected: Int { (heads + 2 * keyValueHeads) * headSize }
    var inner: Int { model.ffn / tensor }
    var isGated: Bool { model.family.traits.isGated }
    /// Width of the MLP's first product.
    var expanded: Int { model.family.traits.gateFactor * inner }
    var vocabulary: Int { model.paddedVocabulary / tensor }
    var microbatches: Int { recipe.batch.global / (layout.data * layout.microBatch) }

    /// Whether attention writes its scores, as Megatron-LM's did until 2023: the published runs in float16, and BLOOM.
    var writesScores: Bool {
        switch style {
        case .fsdp: false
        case .megatron: recipe.model.family.traits.writesScoresInMegatron
        case .deepspeed, .serre: true
        }
    }
    /// Megatron's GPT drops 0.1 of what it adds; BLOOM inherited that.
    var drops: Bool { writesScores }
    var hasAlibi: Bool { model.family.traits.positions == .alibi }
    var computesFloat8: Bool { recipe.precision == .float8 }
    /// Whether parameters are gathered layer by layer (ZeRO-3), or at least gradients scattered so (ZeRO-2).
    var shardsLayers: Bool { layout.zero >= 2 && layout.data > 1 && !keepsStageWhole }
    var gathersLayers: Bool { layout.zero == 3 && layout.data > 1 && !keepsStageWhole }
    /// Whether a stage's parameters, once gathered, and its gradients stay whole until the step ends: torchtitan's default
    /// under a pipeline, which would gather for every micro-batch otherwise.
    var keepsStageWhole: Bool { style == .fsdp && layout.zero == 3 && layout.data > 1 && layout.pipeline > 1 }
    var storedType: BufferDeclaration.ElementType { recipe.precision == .float32 ? .float32 : .float16 }
    var storedBytes: Int { storedType.bytes }

    // MARK: Parameters

    /// Of one layer.
    var layerParameters: Int {
        let matrices = projected * width + width * attended + (expanded + inner) * width
        let traits = model.family.traits
        return matrices + 2 * traits.normFactor * width + (traits.hasBiases ? projected + expanded + 2 * width : 0)
    }
    var embeddingParameters: Int { vocabulary * width }

    func parameters(layers: Int, holdsEmbedding: Bool, holdsHead: Bool) -> Int {
        let embeddings = (holdsEmbedding ? 1 : 0) + (holdsHead && !(holdsEmbedding && model.tiedHead) ? 1 : 0)
        return layers * layerParameters + embeddings * embeddingParameters
    }

    /// A rank's share of `count` elements.
    func share(_ count: Int) -> Int { (count + layout.data - 1) / layout.data }

    // MARK: Activations, in bytes (Korthikanti et al. 2022, section 4)

    /// What a layer's backward reads, all of it kept.
    var layerActivationBytes: Int {
        let local = localTokens * width
        let norms = local * (drops ? 10 : 8)
        let products = tokens * (2 * projected + 2 * attended + 2 * expanded + 2 * inner)
        return norms + products + (writesScores ? scoreBytes : 4 * layout.microBatch * heads * sequence * 2)
    }
    /// Probabilities, dropout's mask, and what it leaves.
    var scoreBytes: Int { 5 * layout.microBatch * heads * sequence * sequence }
    /// What a layer keeps from its forward to its backward.
    var keptBytes: Int {
        switch layout.recompute {
        case .full: 0
        // The layer's input is kept as the output of the one before.
        case .none: layerActivationBytes - 2 * localTokens * width
        case .selective where style == .fsdp: bytesKeptByOperation
        case .selective:
            (writesScores ? layerActivationBytes - scoreBytes : layerActivationBytes * 3 / 5) - 2 * localTokens * width
        }
    }
    /// What torchtitan's selective checkpointing by operation keeps of a layer beside its input: attention's output and
    /// statistics, every second product's output that the backward reads (queries and values, or all three where one
    /// product gives them; the first of the MLP's), and the sum after attention where tensor ranks share it.
    private var bytesKeptByOperation: Int {
        let keys = isGated ? keyValueHeads * headSize : 0
        let perToken = 2 * (projected - keys + attended + inner) + 4 * heads
        return tokens * perToken + (layout.sequenceParallel ? 2 * localTokens * width : 0)
    }
    /// Elements of a layer's output that are kept for the layer after it: DeepSpeed's ZeRO-3 runs had them shared out among
    /// the tensor ranks, which hold the same.
    var keptOutputCount: Int {
        style == .deepspeed && gathersLayers ? (localTokens * width + tensor - 1) / tensor : localTokens * width
    }
    /// Whether the loss works on the logits in place.
    var fusesLoss: Bool { style == .fsdp && model.family.traits.fusesLossInFSDP }
    /// Bytes of a logit from forward to backward, in the forward beside that, and in the backward.
    ///
    /// torchtitan's Llama takes PyTorch's cross entropy of float32 logits: its backward has the loss's gradient and the
    /// softmax's beside the softmax, and over a vocabulary that tensor ranks share an exponential as well. Without a
    /// pipeline the logits as stored are freed before it, and leave 2 bytes that are too few for one of 4.
    var logitBytes: (kept: Int, forward: Int, backward: Int) {
        if fusesLoss { return (2, 2, 2) }
        guard style == .fsdp else { return (4, 6, 4) }
        return (4, 6, (tensor > 1 ? 12 : 8) + (layout.pipeline > 1 ? 0 : 2))
    }
    /// What a layer's forward has at once that its backward does not read, in the MLP: input, output, and all between.
    var forwardBlockBytes: Int { 2 * tokens * (2 * width + expanded + inner) }
    /// Gradients of a layer's activations while they are needed.
    var gradientWorkBytes: Int {
        let dense = 2 * (3 * localTokens * width + tokens * (expanded + projected))
        return dense + (writesScores ? 4 * layout.microBatch * heads * sequence * sequence : 0)
    }
}
