extension Recipe {
    /// The transformer: a decoder of one of a few families, all with a norm before each half of a block.
    public struct Model: Sendable, Equatable {
        public enum Family: String, Sendable, CaseIterable {
            /// Layer norms, biases, ALiBi, GELU (Le Scao et al. 2022).
            case bloom
            /// RMS norms, no biases, rotary positions, SwiGLU, grouped queries (Touvron et al. 2023).
            case llama
            /// Layer norms, biases, learned positions, GELU (Radford et al. 2019).
            case gpt2
        }
        public var family: Family
        public var layers: Int
        public var hidden: Int
        public var heads: Int
        /// Heads of keys and values, each shared by heads / keyValueHeads query heads; as many as heads unless stated.
        public var keyValueHeads: Int
        /// Width of the MLP; 4 × hidden unless stated.
        public var ffn: Int
        /// Tokens per sample.
        public var sequenceLength: Int
        /// Token ids in use; 257 for bytes and the document end.
        public var vocabulary: Int
        /// Rows of the embedding; padded logits take part in the softmax.
        public var paddedVocabulary: Int
        /// Added to the variance, or to the mean square where the norm is RMS norm.
        public var layerNormEpsilon: Double
        /// Base of the rotary positions' frequencies; of no meaning to other families.
        public var rotaryBase: Double
        /// Whether the head's weights are the embedding's.
        public var tiedHead: Bool
        /// Standard deviation of weights; in BLOOM and GPT-2 projections back into the residual stream use
        /// std / sqrt(2 × layers).
        public var initialStandardDeviation: Double

        /// Makes a model; the padded vocabulary is the vocabulary unless given.
        public init(
            family: Family = .bloom, layers: Int, hidden: Int, heads: Int, keyValueHeads: Int? = nil, ffn: Int? = nil,
            sequenceLength: Int, vocabulary: Int, paddedVocabulary: Int? = nil, layerNormEpsilon: Double = 1e-5,
            rotaryBase: Double = 10_000, tiedHead: Bool? = nil, initialStandardDeviation: Double = 0.02
        ) {
            self.family = family
            self.layers = layers
            self.hidden = hidden
            self.heads = heads
            self.keyValueHeads = keyValueHeads ?? heads
            self.ffn = ffn ?? 4 * hidden
            self.sequenceLength = sequenceLength
            self.vocabulary = vocabulary
            self.paddedVocabulary = paddedVocabulary ?? vocabulary
            self.layerNormEpsilon = layerNormEpsilon
            self.rotaryBase = rotaryBase
            self.tiedHead = tiedHead ?? family.tiesHead
            self.initialStandardDeviation = initialStandardDeviation
        }

        /// hidden / heads.
        public var headSize: Int { hidden / heads }

        /// Width of queries, keys and values together.
        public var attentionWidth: Int { (heads + 2 * keyValueHeads) * headSize }
    }

    /// The exact number of parameters, the padded vocabulary included and a tied embedding counted once.
    public var parameterCount: Int { model.parameterCount }
}

extension Recipe.Model.Family {
    /// What the published models of the family do.
    public var tiesHead: Bool { self != .llama }
}

extension Recipe.Model {
    /// The exact number of parameters, the padded vocabulary included and a tied embedding counted once.
    public var parameterCount: Int {
        let vocabularies = (tiedHead ? 1 : 2) * paddedVocabulary * hidden
        let attention = attentionWidth * hidden + hidden * hidden
        switch family {
        case .bloom:
            // The embedding has a norm of its own.
            return layers * biasedLayer(attention) + vocabularies + 2 * 2 * hidden
        case .gpt2:
            return layers * biasedLayer(attention) + vocabularies + sequenceLength * hidden + 2 * hidden
        case .llama:
            return layers * (attention + 3 * hidden * ffn + 2 * hidden) + vocabularies + hidden
        }
    }

    /// A layer whose norms and matrices have biases.
    private func biasedLayer(_ attention: Int) -> Int {
        let norms = 2 * 2 * hidden
        return norms + attention + attentionWidth + hidden + 2 * hidden * ffn + ffn + hidden
    }
}
