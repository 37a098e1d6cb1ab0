import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// How far a measured step may be from the estimated one: bounds that 80 % of measurements lie within, as factors on
    /// the estimated time.
    public struct Uncertainty: Sendable, Equatable {
        public var stepTimeLow: Figure
        public var stepTimeHigh: Figure
        /// The same for runs within one node, which share no network with anybody; `nil` if they are no different.
        public var oneNodeStepTimeLow: Figure?
        public var oneNodeStepTimeHigh: Figure?

        /// The bounds for a run on one node or on several.
        public func stepTimeFactors(isOneNode: Bool) -> ClosedRange<Double> {
            let low = (isOneNode ? oneNodeStepTimeLow : nil) ?? stepTimeLow
            let high = (isOneNode ? oneNodeStepTimeHigh : nil) ?? stepTimeHigh
            // Reading keeps the low at most 1 and the high at least 1.
            return low.value...high.value
        }

        enum Key: String, CaseIterable {
            case low = "step_time_low"
            case high = "step_time_high"
            case oneNodeLow = "one_node_step_time_low"
            case oneNodeHigh = "one_node_step_time_high"
        }

        init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
            stepTimeLow = try reader.required(.low).figure(.between(0.01, 1))
            stepTimeHigh = try reader.required(.high).figure(.between(1, 100))
            oneNodeStepTimeLow = try reader.optional(.oneNodeLow)?.figure(.between(0.01, 1))
            oneNodeStepTimeHigh = try reader.optional(.oneNodeHigh)?.figure(.between(1, 100))
        }

        var entries: [Entry] {
            let always: [Entry] = [.figure(Key.low, stepTimeLow), .figure(Key.high, stepTimeHigh)]
            return always
                + [(Key.oneNodeLow, oneNodeStepTimeLow), (.oneNodeHigh, oneNodeStepTimeHigh)].compactMap {
                    key, figure in
                    figure.map { .figure(key, $0) }
                }
        }
    }

    /// The time that 80 % of measured steps of so many ranks lie within; `nil` if the profile states no uncertainty.
    public func stepTimeInterval(seconds: Double, ranks: Int) -> ClosedRange<Double>? {
        guard let factors = uncertainty?.stepTimeFactors(isOneNode: ranks <= nodes.acceleratorsPerNode) else {
            return nil
        }
        return seconds * factors.lowerBound...seconds * factors.upperBound
    }
}
