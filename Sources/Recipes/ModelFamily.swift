extension Recipe.Model {
    /// A family of decoders; what it is, ``traits-swift.property`` says, and all else asks.
    public enum Family: String, Sendable, CaseIterable {
        /// Layer norms, biases, ALiBi, GELU (Le Scao et al. 2022).
        case bloom
        /// RMS norms, no biases, rotary positions, SwiGLU, grouped queries (Touvron et al. 2023).
        case llama
        /// Layer norms, biases, learned positions, GELU (Radford et al. 2019).
        case gpt2
    }
}

extension Recipe.Model.Family {
    /// What tells one family from another, for recipes, lowering, estimates and exchange alike.
    public struct Traits: Sendable, Equatable {
        public var norm: Norm
        public var positions: Positions
        public var activation: Activation
        /// Whether products have biases (norms have one if they are layer norms).
        public var hasBiases: Bool
        /// Whether the embedding is followed by a norm of its own.
        public var normsEmbedding = false
        /// Whether several heads of queries may share one of keys and values.
        public var groupsQueries = false
        /// Whether the head's weights are the embedding's in the published models, and whether a recipe may say otherwise.
        public var tiesHead: Bool
        public var choosesHead = false
        /// Whether projections back into the residual stream start smaller, by the root of twice the layers.
        public var scalesProjections: Bool
        /// How the embedding starts unless a recipe says otherwise.
        public var initialEmbedding = Recipe.Model.InitialEmbedding.normal
        /// The vocabulary of the published models.
        public var publishedVocabulary: Int
        /// Whether Megatron-LM's published runs of it wrote attention's scores, as it did until 2023.
        public var writesScoresInMegatron: Bool
        /// Whether its implementations on FSDP work on the logits in place: llm-foundry's MPT does, torchtitan's Llama does not.
        public var fusesLossInFSDP: Bool
    }

    public enum Norm: Sendable { case layer, rootMeanSquare }

    public enum Positions: Sendable, Equatable {
        /// A bias per head and distance inside attention (Press et al. 2022).
        case alibi
        /// Queries and keys turn with their place (Su et al. 2021).
        case rotary
        /// A learned vector per place, added to the embedding.
        case learned
    }

    public enum Activation: Sendable { case gelu, swiglu }

    /// The table of families. The compiler asks for a row where a case has none.
    public var traits: Traits {
        switch self {
        case .bloom:
            Traits(
                norm: .layer, positions: .alibi, activation: .gelu, hasBiases: true, normsEmbedding: true,
                tiesHead: true, scalesProjections: true, initialEmbedding: .xavierUniform,
                publishedVocabulary: 250_680, writesScoresInMegatron: true, fusesLossInFSDP: true)
        case .llama:
            Traits(
                norm: .rootMeanSquare, positions: .rotary, activation: .swiglu, hasBiases: false,
                groupsQueries: true, tiesHead: false, choosesHead: true, scalesProjections: false,
                publishedVocabulary: 32_000, writesScoresInMegatron: false, fusesLossInFSDP: false)
        case .gpt2:
            Traits(
                norm: .layer, positions: .learned, activation: .gelu, hasBiases: true, tiesHead: true,
                scalesProjections: true, publishedVocabulary: 50_257, writesScoresInMegatron: true,
                fusesLossInFSDP: true)
        }
    }

    /// The families of which something is true, as messages name them.
    static func named(_ isMeant: (Traits) -> Bool) -> String {
        allCases.filter { isMeant($0.traits) }.map(\.rawValue).joined(separator: " or ")
    }
}

extension Recipe.Model.Family.Traits {
    /// Whether the MLP's input is a gate and what it lets through.
    public var isGated: Bool { activation == .swiglu }

    /// Numbers that the MLP's first product makes for each that its second takes.
    public var gateFactor: Int { isGated ? 2 : 1 }

    /// Numbers of a norm for each of its width.
    public var normFactor: Int { norm == .layer ? 2 : 1 }

    /// The MLP's usual width: four times the hidden size; with gates, which make three matrices of two, two thirds of that, up
    /// to a multiple of 256 (Touvron et al. 2023).
    public func usualWidth(hidden: Int) -> Int { isGated ? (8 * hidden / 3 + 255) / 256 * 256 : 4 * hidden }
}
