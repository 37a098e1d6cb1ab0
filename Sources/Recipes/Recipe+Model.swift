extension Recipe {
    /// The transformer: a decoder of one of a few families, all with a norm before each half of a block.
    public struct Model: Sendable, Equatable {
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
        /// How rotary positions are stretched; `nil` where they are not.
        public var rotaryScaling: RotaryScaling?
        /// Whether the head's weights are the embedding's.
        public var tiedHead: Bool
        /// Standard deviation of weights; in BLOOM and GPT-2 projections back into the residual stream use
        /// std / sqrt(2 × layers).
        public var initialStandardDeviation: Double
        /// How the embedding's weights start.
        public var initialEmbedding: InitialEmbedding

        public enum InitialEmbedding: String, Sendable, CaseIterable {
            /// As all weights do, by ``initialStandardDeviation``.
            case normal
            /// Within ± sqrt(6 / (rows + columns)) (Glorot and Bengio 2010).
            case xavierUniform = "xavier_uniform"
        }

        /// Makes a model; the padded vocabulary is the vocabulary unless given.
        public init(
            family: Family = .bloom, layers: Int, hidden: Int, heads: Int, keyValueHeads: Int? = nil, ffn: Int? = nil,
            sequenceLength: Int, vocabulary: Int, paddedVocabulary: Int? = nil, layerNormEpsilon: Double = 1e-5,
            rotaryBase: Double = 10_000, rotaryScaling: RotaryScaling? = nil, tiedHead: Bool? = nil,
            initialStandardDeviation: Double = 0.02, initialEmbedding: InitialEmbedding? = nil
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
            self.rotaryScaling = rotaryScaling
            self.tiedHead = tiedHead ?? family.traits.tiesHead
            self.initialStandardDeviation = initialStandardDeviation
            self.initialEmbedding = initialEmbedding ?? family.traits.initialEmbedding
        }

        /// hidden / heads.
        public var headSize: Int { hidden / heads }

        /// Width of queries, keys and values together.
        public var attentionWidth: Int { (heads + 2 * keyValueHeads) * headSize }
    }

    /// The exact number of parameters, the padded vocabulary included and a tied embedding counted once.
    public var parameterCount: Int { model.parameterCount }
}

extension Recipe.Model {
    /// The exact number of parameters, the padded vocabulary included and a tied embedding counted once.
    public var parameterCount: Int {
        let traits = family.traits
        let norm = traits.normFactor * hidden
        let expanded = traits.gateFactor * ffn
        let matrices = attentionWidth * hidden + hidden * hidden + (expanded + ffn) * hidden
        let biases = traits.hasBiases ? attentionWidth + hidden + expanded + hidden : 0
        let vocabularies = (tiedHead ? 1 : 2) * paddedVocabulary * hidden
        let positions = traits.positions == .learned ? sequenceLength * hidden : 0
        // The last norm, and the embedding's where it has one of its own.
        let norms = (traits.normsEmbedding ? 2 : 1) * norm
        return layers * (2 * norm + matrices + biases) + vocabularies + positions + norms
    }
}
