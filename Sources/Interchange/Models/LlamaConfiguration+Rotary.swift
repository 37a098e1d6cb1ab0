import Diagnostics

extension LlamaConfiguration {
    /// How rotary positions are stretched: `rope_type: llama3` of transformers.
    public struct RotaryScaling: Sendable, Equatable {
        public var factor: Double
        public var lowFrequencyFactor: Double
        public var highFrequencyFactor: Double
        /// Positions that the model was first trained on.
        public var originalLength: Int

        public init(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalLength: Int) {
            self.factor = factor
            self.lowFrequencyFactor = lowFrequencyFactor
            self.highFrequencyFactor = highFrequencyFactor
            self.originalLength = originalLength
        }

        /// As transformers writes it.
        var json: String {
            "{\"factor\": \(factor), \"high_freq_factor\": \(highFrequencyFactor), \"low_freq_factor\": "
                + "\(lowFrequencyFactor), \"original_max_position_embeddings\": \(originalLength), \"rope_type\": "
                + "\"llama3\"}"
        }
    }

    /// The base, under `rope_theta` (transformers 4) or `rope_parameters` (transformers 5), and how positions are stretched.
    static func rotary(_ object: ConfigurationObject) throws(Diagnostic) -> (base: Double, scaling: RotaryScaling?) {
        var base = try object.positive("rope_theta", default: 10000)
        var scaling: RotaryScaling?
        for key in ["rope_scaling", "rope_parameters"] {
            guard let rotary = try object.object(key) else { continue }
            for type in ["rope_type", "type"] {
                try rotary.require(
                    type, oneOf: ["default", stretched], "rotary positions scaled in this way are not supported")
                if try rotary.text(type) == stretched { scaling = try RotaryScaling(rotary) }
            }
            base = try rotary.positive("rope_theta", default: base)
            try requireWhole(rotary)
        }
        try requireWhole(object)
        return (base, scaling)
    }

    private static var stretched: String { "llama3" }

    private static func requireWhole(_ object: ConfigurationObject) throws(Diagnostic) {
        let key = "partial_rotary_factor"
        let share = try object.number(key, default: 1)
        guard share == 1 else {
            throw object.problem(
                key, "rotary positions in a part of each head are not supported", expected: "1", found: "\(share)")
        }
    }
}

extension LlamaConfiguration.RotaryScaling {
    fileprivate init(_ object: ConfigurationObject) throws(Diagnostic) {
        self.init(
            factor: try Self.figure("factor", object), lowFrequencyFactor: try Self.figure("low_freq_factor", object),
            highFrequencyFactor: try Self.figure("high_freq_factor", object),
            originalLength: try object.size("original_max_position_embeddings", in: 1...1 << 20))
        guard factor >= 1 else {
            throw object.problem(
                "factor", "positions are stretched, not pressed together", expected: "at least 1", found: "\(factor)")
        }
        guard lowFrequencyFactor < highFrequencyFactor else {
            throw object.problem(
                "high_freq_factor", "slow frequencies make fewer turns than fast ones",
                expected: "more than \(lowFrequencyFactor), the low_freq_factor", found: "\(highFrequencyFactor)")
        }
    }

    /// A number above zero, which transformers has no default for.
    private static func figure(_ key: String, _ object: ConfigurationObject) throws(Diagnostic) -> Double {
        guard object.has(key) else {
            throw object.problem(
                key, "a figure of the rotary positions' scaling is missing", expected: "a number above 0",
                found: "nothing")
        }
        return try object.positive(key, default: 1)
    }
}
