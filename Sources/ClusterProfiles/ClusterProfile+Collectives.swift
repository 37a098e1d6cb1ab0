import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// The protocols between which a communication library chooses by message size (NCCL's three; see its tuning model);
    /// without them each step of a collective costs its link's latency.
    public struct Collectives: Sendable, Equatable {
        /// Share of its bandwidth that a ring keeps where the library uses a tree.
        public var treeFraction: Figure
        public var lowLatency: Wire
        public var lowLatency128: Wire
        public var simple: Wire

        /// All protocols, in a fixed order.
        public var wires: [Wire] { [lowLatency, lowLatency128, simple] }

        public struct Wire: Sendable, Equatable {
            /// Once per collective.
            public var baseMicroseconds: Figure
            /// Per step over a link inside the node, and over the network.
            public var intraNodeMicroseconds: Figure
            public var interNodeMicroseconds: Figure
            /// Share of the bandwidth that it leaves for payload.
            public var bandwidthFraction: Figure

            enum Key: String, CaseIterable {
                case base = "base_microseconds"
                case intraNode = "intra_node_microseconds"
                case interNode = "inter_node_microseconds"
                case bandwidthFraction = "bandwidth_fraction"
            }

            init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
                baseMicroseconds = try reader.required(.base).figure(.nonNegative)
                intraNodeMicroseconds = try reader.required(.intraNode).figure(.nonNegative)
                interNodeMicroseconds = try reader.required(.interNode).figure(.nonNegative)
                bandwidthFraction = try reader.required(.bandwidthFraction).figure(.share)
            }

            var entries: [Entry] {
                [
                    .figure(Key.base, baseMicroseconds, "µs"), .figure(Key.intraNode, intraNodeMicroseconds, "µs"),
                    .figure(Key.interNode, interNodeMicroseconds, "µs"),
                    .figure(Key.bandwidthFraction, bandwidthFraction),
                ]
            }
        }

        enum Key: String, CaseIterable {
            case treeFraction = "tree_fraction"
            case lowLatency = "low_latency"
            case lowLatency128 = "low_latency_128"
            case simple
        }

        init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
            treeFraction = try reader.required(.treeFraction).figure(.share)
            lowLatency = try Wire(reading: reader.section(.lowLatency, Wire.Key.self))
            lowLatency128 = try Wire(reading: reader.section(.lowLatency128, Wire.Key.self))
            simple = try Wire(reading: reader.section(.simple, Wire.Key.self))
        }

        var entries: [Entry] {
            [
                .figure(Key.treeFraction, treeFraction),
                .section(Key.lowLatency.rawValue, lowLatency.entries),
                .section(Key.lowLatency128.rawValue, lowLatency128.entries),
                .section(Key.simple.rawValue, simple.entries),
            ]
        }
    }
}
