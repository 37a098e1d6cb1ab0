import Diagnostics
import TypedYAML

extension Recipe.Model {
    /// How the rotary positions of a model that was first trained on shorter samples are stretched, as in Llama 3.1 (Grattafiori
    /// et al. 2024; `rope_type: llama3` in transformers).
    ///
    /// A frequency that turns around more than `highFrequencyFactor` times within `originalLength` positions stays as it is,
    /// one that does less than `lowFrequencyFactor` times is divided by `factor`, and between the two it is
    /// ((1 − s) / factor + s) times as fast, where s goes from 0 to 1 with the number of turns.
    public struct RotaryScaling: Sendable, Equatable {
        /// By how much the slow frequencies are slowed down; at least 1.
        public var factor: Double
        /// Turns within the original length below which a frequency is slow.
        public var lowFrequencyFactor: Double
        /// Turns within the original length above which a frequency is fast.
        public var highFrequencyFactor: Double
        /// Positions that the model was first trained on.
        public var originalLength: Int

        public init(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalLength: Int) {
            self.factor = factor
            self.lowFrequencyFactor = lowFrequencyFactor
            self.highFrequencyFactor = highFrequencyFactor
            self.originalLength = originalLength
        }
    }
}

extension Recipe.Model.RotaryScaling {
    enum Key: String, CaseIterable {
        case factor
        case lowFrequencyFactor = "low_frequency_factor"
        case highFrequencyFactor = "high_frequency_factor"
        case originalLength = "original_length"
    }

    init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            factor: try reader.required(.factor).number(.positive),
            lowFrequencyFactor: try reader.required(.lowFrequencyFactor).number(.positive),
            highFrequencyFactor: try reader.required(.highFrequencyFactor).number(.positive),
            originalLength: try reader.required(.originalLength).integer(in: 1...1 << 20))
    }

    func write(to writer: inout YAMLWriter) {
        writer.write(Key.factor.rawValue, factor)
        writer.write(Key.lowFrequencyFactor.rawValue, lowFrequencyFactor)
        writer.write(Key.highFrequencyFactor.rawValue, highFrequencyFactor)
        writer.write(Key.originalLength.rawValue, originalLength)
    }

    /// Throws unless frequencies get slower, and the slow ones are told from the fast ones.
    func validate() throws(Diagnostic) {
        let place = "model." + Recipe.Model.Key.rotaryScaling.rawValue
        guard factor >= 1 else {
            throw Diagnostic(
                "recipe.rotary", "positions are stretched, not pressed together",
                at: .init(key: "\(place).\(Key.factor.rawValue)"), expected: "at least 1", found: "\(factor)")
        }
        guard lowFrequencyFactor < highFrequencyFactor else {
            throw Diagnostic(
                "recipe.rotary", "slow frequencies make fewer turns than fast ones",
                at: .init(key: "\(place).\(Key.highFrequencyFactor.rawValue)"),
                expected: "more than \(lowFrequencyFactor), the low-frequency factor", found: "\(highFrequencyFactor)")
        }
    }
}
