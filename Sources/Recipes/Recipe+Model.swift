extension Recipe {
    /// The transformer. One family for now: `bloom`.
    public struct Model: Sendable, Equatable {
        public enum Family: String, Sendable, CaseIterable { case bloom }
        public var family: Family
        public var layers: Int
        public var hidden: Int
        public var heads: Int
        /// Width of the MLP; 4 × hidden unless stated.
        public var ffn: Int
        /// Tokens per sample.
        public var sequenceLength: Int
        /// Token ids in use; 257 for bytes and the document end.
        public var vocabulary: Int
        /// Rows of the embedding; padded logits take part in the softmax.
        public var paddedVocabulary: Int
        public var layerNormEpsilon: Double
        /// Standard deviation of weights; projections back into the residual stream use std / sqrt(2 × layers).
        public var initialStandardDeviation: Double

        /// Makes a model; the padded vocabulary is the vocabulary unless given.
        public init(
            family: Family = .bloom, layers: Int, hidden: Int, heads: Int, ffn: Int? = nil, sequenceLength: Int,
            vocabulary: Int, paddedVocabulary: Int? = nil, layerNormEpsilon: Double = 1e-5,
            initialStandardDeviation: Double = 0.02
        ) {
            self.family = family
            self.layers = layers
            self.hidden = hidden
            self.heads = heads
            self.ffn = ffn ?? 4 * hidden
            self.sequenceLength = sequenceLength
            self.vocabulary = vocabulary
            self.paddedVocabulary = paddedVocabulary ?? vocabulary
            self.layerNormEpsilon = layerNormEpsilon
            self.initialStandardDeviation = initialStandardDeviation
        }

        /// hidden / heads.
        public var headSize: Int { hidden / heads }

        /// The exact number of parameters, the padded vocabulary included and the tied embedding counted once.
        public var parameterCount: Int {
            let norm = 2 * hidden
            let attention = 3 * hidden * hidden + 3 * hidden + hidden * hidden + hidden
            let mlp = 2 * hidden * ffn + ffn + hidden
            // Beside the layers: the embedding with its norm, and the final norm.
            return layers * (2 * norm + attention + mlp) + paddedVocabulary * hidden + 2 * norm
        }
    }

    /// The exact number of parameters, the padded vocabulary included and the tied embedding counted once.
    public var parameterCount: Int { model.parameterCount }
}
