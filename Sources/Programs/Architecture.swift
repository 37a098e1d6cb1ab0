import Recipes

/// What tells one family of decoders from another, for parameters and lowering alike.
///
/// All families share the frame: embedding; blocks of norm, fused queries, keys and values, causal attention, projection and
/// residual, then norm, MLP and residual; final norm, head and loss. A family is the value that fills the frame: one file,
/// `Architecture+Family.swift`.
struct Architecture: Sendable {
    /// Names as Hugging Face has them; those of a block begin with ``block`` and its number.
    var names: Names
    var norm: Norm
    var positions: Positions
    var activation: Activation
    /// Whether products have biases (norms have one if they are layer norms).
    var hasBiases: Bool
    /// Whether the embedding is followed by a norm of its own.
    var normsEmbedding = false
    /// Whether the head's weights are the embedding's.
    var tiesHead: Bool
    /// Whether projections back into the residual stream start smaller, by the root of twice the layers.
    var scalesProjections: Bool
    var embeddingStart: ParameterSpec.Initialization

    enum Norm: Sendable { case layer, rootMeanSquare }

    enum Positions: Sendable, Equatable {
        /// A bias per head and distance inside attention (Press et al. 2022).
        case alibi
        /// Queries and keys turn with their place (Su et al. 2021).
        case rotary
        /// A learned vector per place, added to the embedding.
        case learned
    }

    enum Activation: Sendable { case gelu, swiglu }

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
        switch model.family {
        case .bloom: self = .bloom(model)
        case .llama: self = .llama(model)
        case .gpt2: self = .gpt2(model)
        }
    }

    /// The name of a parameter tensor's owner in a block.
    func inBlock(_ layer: Int, _ name: KeyPath<Names, String>) -> String {
        "\(names.block).\(layer).\(names[keyPath: name])"
    }

    /// The name of the weights that the head reads.
    var headWeight: String { (tiesHead ? names.embedding : names.head) + ".weight" }
}

extension Architecture.Activation {
    /// Numbers that enter it for each that leaves.
    var inputs: Int { self == .swiglu ? 2 : 1 }
}
