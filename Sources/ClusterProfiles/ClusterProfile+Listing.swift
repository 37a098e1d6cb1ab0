import TypedYAML

extension ClusterProfile {
    /// One line of what a profile says: the dotted key, the value with its unit, and the source of a figure.
    public struct Row: Sendable, Equatable {
        public var key: String
        public var value: String
        /// `nil` for names and words, which need none.
        public var source: String?
    }

    /// Every value of the profile in a fixed order, for people to read.
    public var rows: [Row] { Self.rows(entries, under: "") }

    /// The profile as deterministic YAML that reads back to an equal one, overrides included: what a run records.
    public var yaml: String {
        var writer = YAMLWriter()
        Self.write(entries, to: &writer)
        return writer.text
    }

    private static func rows(_ entries: [Entry], under prefix: String) -> [Row] {
        entries.flatMap { entry -> [Row] in
            switch entry {
            case .text(let key, let text): return [Row(key: prefix + key, value: text, source: nil)]
            case .figure(let key, let figure, let unit):
                let number = YAMLWriter.number(figure.value)
                let value = unit.isEmpty ? number : "\(number) \(unit)"
                return [Row(key: prefix + key, value: value, source: figure.source)]
            case .section(let key, let entries): return rows(entries, under: "\(prefix)\(key).")
            }
        }
    }

    private static func write(_ entries: [Entry], to writer: inout YAMLWriter) {
        for entry in entries {
            switch entry {
            case .text(let key, let text): writer.write(key, text)
            case .figure(let key, let figure, _):
                writer.write(key, figure.value, source: figure.source, scope: figure.scope, year: figure.year)
            case .section(let key, let entries): writer.section(key) { write(entries, to: &$0) }
            }
        }
    }
}

/// One value, or a section of them, in the form that both listings are made from.
enum Entry {
    case text(String, String)
    case figure(String, Figure, unit: String)
    case section(String, [Entry])

    static func text<Key: RawRepresentable<String>>(_ key: Key, _ text: String) -> Entry { .text(key.rawValue, text) }

    static func figure<Key: RawRepresentable<String>>(_ key: Key, _ figure: Figure, _ unit: String = "") -> Entry {
        .figure(key.rawValue, figure, unit: unit)
    }
}

extension ClusterProfile {
    fileprivate var entries: [Entry] {
        let always: [Entry] = [
            .text(Key.name, name), .text(Key.description, description),
            .section(Key.site.rawValue, site.entries), .section(Key.nodes.rawValue, nodes.entries),
            .section(Key.accelerator.rawValue, accelerator.entries),
            .section(Key.intraNode.rawValue, intraNode.entries), .section(Key.interNode.rawValue, interNode.entries),
            .section(Key.storage.rawValue, storage.entries),
        ]
        let software: [Entry] =
            (collectives.map { [.section(Key.collectives.rawValue, $0.entries)] } ?? [])
            + (engines.map { [.section(Key.engines.rawValue, $0.entries)] } ?? [])
        let accuracy: [Entry] = uncertainty.map { [.section(Key.uncertainty.rawValue, $0.entries)] } ?? []
        let jobs: [Entry] = slurm.map { [.section(Key.slurm.rawValue, $0.entries)] } ?? []
        return always + software + jobs + campaignEntries + accuracy
    }
}

extension ClusterProfile.Site {
    fileprivate var entries: [Entry] {
        let always: [Entry] = [
            .figure(Key.powerUsageEffectiveness, powerUsageEffectiveness),
            .figure(Key.carbonIntensity, carbonIntensityGramsPerKilowattHour, "g/kWh"),
            .figure(Key.embodiedPerServer, embodiedKilogramsPerServer, "kg"),
            .figure(Key.embodiedPerAccelerator, embodiedKilogramsPerAccelerator, "kg"),
            .figure(Key.lifetime, lifetimeYears, "years"), .figure(Key.utilisation, utilisation),
        ]
        guard let price else { return always }
        return always + [
            .figure(Key.price, price.perAcceleratorHour, price.currency), .text(Key.currency, price.currency),
        ]
    }
}

extension ClusterProfile.Nodes {
    fileprivate var entries: [Entry] {
        [
            .figure(Key.count, countFigure), .figure(Key.acceleratorsPerNode, acceleratorsPerNodeFigure),
            .figure(Key.coresPerNode, coresPerNodeFigure), .figure(Key.memory, memoryGiB, "GiB"),
            .figure(Key.idle, idleWatts, "W"), .figure(Key.other, otherWatts, "W"),
        ]
    }
}

extension ClusterProfile.Accelerator {
    fileprivate var entries: [Entry] {
        let peaks: [(PeakKey, Figure?)] = [
            (.float32, peakTeraflopsPerSecond.float32), (.float16, peakTeraflopsPerSecond.float16),
            (.bfloat16, peakTeraflopsPerSecond.bfloat16), (.tf32, peakTeraflopsPerSecond.tf32),
            (.float8, peakTeraflopsPerSecond.float8),
        ]
        let always: [Entry] = [
            .text(Key.name, name), .figure(Key.memory, memoryGiB, "GiB"),
            .section(
                Key.peaks.rawValue, peaks.compactMap { key, figure in figure.map { .figure(key, $0, "TFLOP/s") } }),
            .figure(Key.matmulFraction, matmulFraction),
            .figure(Key.memoryBandwidth, memoryBandwidthGigabytesPerSecond, "GB/s"),
            .figure(Key.memoryFraction, memoryFraction), .figure(Key.kernelLaunch, kernelLaunchMicroseconds, "µs"),
            .figure(Key.tdp, tdpWatts, "W"), .figure(Key.frameworkContext, frameworkContextGiB, "GiB"),
        ]
        return always + (kernels.map { [.section(Key.kernels.rawValue, $0.entries)] } ?? [])
            + (rates.map { [.section(Key.rates.rawValue, $0.entries)] } ?? [])
    }
}

extension ClusterProfile.IntraNodeLink {
    fileprivate var entries: [Entry] {
        let pair: [Entry] =
            pairBandwidthGigabytesPerSecond.map { [.figure(Key.pairBandwidth, $0, "GB/s")] } ?? []
        return [.text(Key.kind, kind), .figure(Key.bandwidth, bandwidthGigabytesPerSecond, "GB/s")] + pair + [
            .figure(Key.latency, latencyMicroseconds, "µs"), .figure(Key.achievedFraction, achievedFraction),
        ]
    }
}

extension ClusterProfile.InterNodeNetwork {
    fileprivate var entries: [Entry] {
        [
            .text(Key.kind, kind), .text(Key.topology, topology.rawValue),
            .figure(Key.linksPerNode, linksPerNodeFigure),
            .figure(Key.bandwidth, bandwidthGigabytesPerSecond, "GB/s"),
            .figure(Key.latency, latencyMicroseconds, "µs"), .figure(Key.achievedFraction, achievedFraction),
        ] + (pointToPointFraction.map { [.figure(Key.pointToPointFraction, $0)] } ?? [])
    }
}

extension ClusterProfile.Storage {
    fileprivate var entries: [Entry] {
        [
            .figure(Key.write, writeGigabytesPerSecond, "GB/s"), .figure(Key.read, readGigabytesPerSecond, "GB/s"),
            .figure(Key.latency, latencyMilliseconds, "ms"),
        ]
    }
}

extension ClusterProfile.Slurm {
    fileprivate var entries: [Entry] {
        var entries = [Entry.text(Key.partition, partition)]
        let texts = [
            (Key.constraint, constraint), (.qos, qos), (.accountSuffix, accountSuffix), (.modules, modules),
            (.mpi, mpi),
        ]
        for (key, text) in texts { if let text { entries.append(.text(key, text)) } }
        return entries + [
            .figure(Key.coresPerAccelerator, coresPerAcceleratorFigure), .figure(Key.timeLimit, timeLimitHours, "h"),
        ] + (acceleratorsMost.map { [.figure(Key.acceleratorsMost, $0)] } ?? [])
            + (queueWaitHours.map { [.figure(Key.queueWait, $0, "h")] } ?? [])
    }
}
