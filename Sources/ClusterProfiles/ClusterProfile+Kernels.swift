import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// How the kernels of a graphics processor fall short of its peak; a processor, whose products are not cut into waves
    /// of tiles, has no such figures.
    public struct Kernels: Sendable, Equatable {
        /// Units that each work on one tile of a product at a time.
        public var multiprocessorsFigure: Figure
        /// What filling and emptying a tile's pipeline takes, as a length to add to the inner dimension.
        public var productOverheadDepth: Figure
        /// Share of the speed that is left if a dimension is a multiple of 4 but not of 8, or only of 2 or 1.
        public var multipleOf4Fraction: Figure
        public var multipleOf2Fraction: Figure
        /// Share of the peak that attention reaches which keeps its scores on chip.
        public var attentionForwardFraction: Figure
        public var attentionBackwardFraction: Figure
        /// Share of a float8 product's speed that is left once its operands are scaled and cast; `nil` without float8.
        public var float8Fraction: Figure?

        public var multiprocessors: Int { Int(multiprocessorsFigure.value) }

        enum Key: String, CaseIterable {
            case multiprocessors
            case productOverheadDepth = "product_overhead_depth"
            case multipleOf4Fraction = "multiple_of_4_fraction"
            case multipleOf2Fraction = "multiple_of_2_fraction"
            case attentionForwardFraction = "attention_forward_fraction"
            case attentionBackwardFraction = "attention_backward_fraction"
            case float8Fraction = "float8_fraction"
        }

        init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
            multiprocessorsFigure = try reader.required(.multiprocessors).wholeFigure(in: 1...65536)
            productOverheadDepth = try reader.required(.productOverheadDepth).figure(.nonNegative)
            multipleOf4Fraction = try reader.required(.multipleOf4Fraction).figure(.share)
            multipleOf2Fraction = try reader.required(.multipleOf2Fraction).figure(.share)
            attentionForwardFraction = try reader.required(.attentionForwardFraction).figure(.share)
            attentionBackwardFraction = try reader.required(.attentionBackwardFraction).figure(.share)
            float8Fraction = try reader.optional(.float8Fraction)?.figure(.share)
        }

        var entries: [Entry] {
            let always: [Entry] = [
                .figure(Key.multiprocessors, multiprocessorsFigure),
                .figure(Key.productOverheadDepth, productOverheadDepth),
                .figure(Key.multipleOf4Fraction, multipleOf4Fraction),
                .figure(Key.multipleOf2Fraction, multipleOf2Fraction),
                .figure(Key.attentionForwardFraction, attentionForwardFraction),
                .figure(Key.attentionBackwardFraction, attentionBackwardFraction),
            ]
            return always + (float8Fraction.map { [.figure(Key.float8Fraction, $0)] } ?? [])
        }
    }
}
