import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// What other engines' software adds to the work on this cluster; an engine that nobody measured here is left out.
    public struct Engines: Sendable, Equatable {
        public var megatron: Engine?
        public var deepspeed: Engine?
        public var fsdp: Engine?

        enum Key: String, CaseIterable { case megatron, deepspeed, fsdp }

        init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
            func engine(_ key: Key) throws(Diagnostic) -> Engine? {
                guard let value = reader.optional(key) else { return nil }
                return try Engine(reading: value.section(Engine.Key.self))
            }
            megatron = try engine(.megatron)
            deepspeed = try engine(.deepspeed)
            fsdp = try engine(.fsdp)
        }

        var entries: [Entry] {
            [(Key.megatron, megatron), (.deepspeed, deepspeed), (.fsdp, fsdp)].compactMap { key, engine in
                engine.map { .section(key.rawValue, $0.entries) }
            }
        }
    }

    public struct Engine: Sendable, Equatable {
        /// How often the bytes of norms, activations and residuals are moved: 1 if every fusion that can be is made.
        public var elementwiseOverhead: Figure
        /// How much of the traffic of adding up gradients is left: 0 if a product adds to them itself.
        public var accumulationOverhead: Figure
        /// Share of a collective's time for which it takes the place of the computing that it overlaps with.
        public var overlapInterference: Figure
        /// Share of the network's bandwidth that its collectives reach, where that is not the network's own.
        public var networkFraction: Figure?
        /// Share of time that the host adds: launches, waits, placement of processes.
        public var hostOverhead: Figure
        /// Buffers of the engine and the communication library beside the framework's context.
        public var buffersGiB: Figure
        /// Memory that the allocator takes for activations and workspace, per byte asked for.
        public var fragmentation: Figure
        /// Copies of a rank's gradients, as stored, that the engine lays out by owner where it shards the optimiser's state;
        /// none if it is not stated.
        public var gradientCopies: Figure?
        /// Share of what a loss in float32 holds beyond the logits as stored that the engine's compiler saves; nothing if it
        /// is not stated. Models whose implementations fuse it themselves need no such figure.
        public var lossFusion: Figure?

        public var buffersBytes: Double { buffersGiB.value * 0x1p30 }

        enum Key: String, CaseIterable {
            case elementwise = "elementwise_overhead"
            case accumulation = "accumulation_overhead"
            case interference = "overlap_interference"
            case network = "network_fraction"
            case host = "host_overhead"
            case buffers = "buffers_gib"
            case fragmentation
            case gradientCopies = "gradient_copies"
            case lossFusion = "loss_fusion"
        }

        init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
            elementwiseOverhead = try reader.required(.elementwise).figure(.positive)
            accumulationOverhead = try reader.required(.accumulation).figure(.nonNegative)
            overlapInterference = try reader.required(.interference).figure(.between(0, 1))
            networkFraction = try reader.optional(.network)?.figure(.share)
            hostOverhead = try reader.required(.host).figure(.between(0, 1))
            buffersGiB = try reader.required(.buffers).figure(.nonNegative)
            fragmentation = try reader.required(.fragmentation).figure(.between(1, 10))
            gradientCopies = try reader.optional(.gradientCopies)?.figure(.between(0, 4))
            lossFusion = try reader.optional(.lossFusion)?.figure(.between(0, 1))
        }

        var entries: [Entry] {
            [
                .figure(Key.elementwise, elementwiseOverhead), .figure(Key.accumulation, accumulationOverhead),
                .figure(Key.interference, overlapInterference), .figure(Key.host, hostOverhead),
                .figure(Key.buffers, buffersGiB, "GiB"), .figure(Key.fragmentation, fragmentation),
            ] + (networkFraction.map { [.figure(Key.network, $0)] } ?? [])
                + (gradientCopies.map { [.figure(Key.gradientCopies, $0)] } ?? [])
                + (lossFusion.map { [.figure(Key.lossFusion, $0)] } ?? [])
        }
    }
}
