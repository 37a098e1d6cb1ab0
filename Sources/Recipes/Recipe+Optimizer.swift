extension Recipe {
    public struct Batch: Sendable, Equatable {
        /// Samples per optimiser step.
        public var global: Int
        /// Grows the batch from `start` by `increment` over `samples` samples, as BLOOM did; `nil` for none.
        public var rampUp: RampUp?

        public struct RampUp: Sendable, Equatable {
            public var start: Int
            public var increment: Int
            public var samples: Int

            public init(start: Int, increment: Int, samples: Int) {
                self.start = start
                self.increment = increment
                self.samples = samples
            }
        }

        public init(global: Int, rampUp: RampUp? = nil) {
            self.global = global
            self.rampUp = rampUp
        }
    }

    /// AdamW with linear warm-up and cosine decay; all lengths in samples.
    public struct Optimizer: Sendable, Equatable {
        public var learningRatePeak: Double
        public var learningRateMinimum: Double
        public var warmupSamples: Int
        public var decaySamples: Int
        public var beta1: Double
        public var beta2: Double
        public var epsilon: Double
        public var weightDecay: Double
        /// Which parameters decay.
        public var weightDecayOn: DecayScope
        /// Largest global gradient norm.
        public var clip: Double
        /// Samples after which training is complete, as the run began.
        public var trainSamples: Int
        /// Samples after which training is complete in a run that was made longer than it began; `nil` in all others. No step
        /// depends on it: the learning rate follows ``decaySamples``, and stays at its minimum after them.
        public var extendedSamples: Int?

        /// Samples after which training is complete.
        public var endSamples: Int { max(trainSamples, extendedSamples ?? 0) }

        public enum DecayScope: String, Sendable, CaseIterable {
            /// Weights and the embedding; biases and norms do not decay (Megatron-LM's rule).
            case matrices
            /// Every parameter.
            case all
        }

        public init(
            learningRatePeak: Double, learningRateMinimum: Double, warmupSamples: Int, decaySamples: Int,
            beta1: Double = 0.9, beta2: Double = 0.95, epsilon: Double = 1e-8, weightDecay: Double = 0.1,
            weightDecayOn: DecayScope = .matrices, clip: Double = 1, trainSamples: Int,
            extendedSamples: Int? = nil
        ) {
            self.learningRatePeak = learningRatePeak
            self.learningRateMinimum = learningRateMinimum
            self.warmupSamples = warmupSamples
            self.decaySamples = decaySamples
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
            self.weightDecayOn = weightDecayOn
            self.clip = clip
            self.trainSamples = trainSamples
            self.extendedSamples = extendedSamples
        }
    }
}
