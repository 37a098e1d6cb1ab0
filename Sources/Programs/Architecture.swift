import Recipes

/// What tells one family of decoders from another, for parameters and lowering alike.
///
/// All families share the frame: embedding; blocks of norm, fused queries, keys and values, causal attention, projection and
/// residual, then norm, MLP and residual; final norm, head and loss. A family fills the frame by its traits
/// (`ModelFamily.swift` in Recipes) and its names: one file, `Architecture+Family.swift`.
struct Architecture: Sendable {
    /// Names as Hugging Face has them; those of a block begin with ``block`` and its number.
    var names: Names
    /// What the family is, as recipes and estimates know it too.
    var traits: Recipe.Model.Family.Traits
    /// Whether the head's weights are the embedding's.
    var tiesHead: Bool
    var embeddingStart: ParameterSpec.Initialization

    var norm: Recipe.Model.Family.Norm { traits.norm }
    var positions: Recipe.Model.Family.Positions { traits.positions }
    var activation: Recipe.Model.Family.Activation { traits.activation }
    var hasBiases: Bool { traits.hasBiases }
    var normsEmbedding: Bool { traits.normsEmbedding }
    var scalesProjections: Bool { traits.scalesProjections }

    struct Names: Sendable {
        var embedding: String
        /// The norm behind the embedding; unused where there is none.
        var embeddingNorm = ""
        /// The table of learned positions; unused where there is none.
        var positions = ""
        var block: String
        var attentionNorm: String
        var attentionInput: String
        var attentionOutput: String
        var mlpNorm: String
        var mlpInput: String
        var mlpOutput: String
        var finalNorm: String
        /// The head's weights; unused where they are the embedding's.
        var head = ""
    }
}

extension Architecture {
    /// The architecture of a model's family.
    init(_ model: Recipe.Model) {
        traits = model.family.traits
        tiesHead = model.tiedHead
        names =
            switch model.family {
            case .bloom: .bloom
            case .llama: .llama
            case .gpt2: .gpt2
            }
        embeddingStart =
            switch model.initialEmbedding {
            case .normal: .normal(standardDeviation: model.initialStandardDeviation)
            case .xavierUniform:
                .uniform(bound: (6 / Double(model.paddedVocabulary + model.hidden)).squareRoot())
            }
    }

    /// The names of the parameter tensors' owners in a block.
    struct BlockNames: Sendable {
        var attentionNorm, attentionInput, attentionOutput, mlpNorm, mlpInput, mlpOutput: String
    }

    func block(_ layer: Int) -> BlockNames {
        let block = "\(names.block).\(layer)."
        return BlockNames(
            attentionNorm: block + names.attentionNorm, attentionInput: block + names.attentionInput,
            attentionOutput: block + names.attentionOutput, mlpNorm: block + names.mlpNorm,
            mlpInput: block + names.mlpInput, mlpOutput: block + names.mlpOutput)
    }

    /// The name of the weights that the head reads.
    var headWeight: String { (tiesHead ? names.embedding : names.head) + ".weight" }
}
