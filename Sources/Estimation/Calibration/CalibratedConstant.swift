import ClusterProfiles

/// A figure of a profile that measurements can fit, and the values that it may take.
struct CalibratedConstant {
    let key: String
    let bounds: ClosedRange<Double>
    private let read: (ClusterProfile) -> Figure?
    private let write: (inout ClusterProfile, Figure) -> Void

    /// The figure in a profile.
    func value(in profile: ClusterProfile) -> Double? { read(profile)?.value }

    /// Sets the figure and says where it comes from.
    func set(_ value: Double, source: String, in profile: inout ClusterProfile) {
        write(&profile, Figure(value, source: source))
    }

    /// Where a fit begins: the profile's value, or the nearest that a logarithm has.
    func start(in profile: ClusterProfile) -> Double {
        min(max(value(in: profile) ?? bounds.lowerBound, bounds.lowerBound), bounds.upperBound)
    }

    private static let share = 0.005...1.0
    private static let microseconds = 1e-3...1e5

    /// The constants that a profile has, in the order of its keys.
    static func all(in profile: ClusterProfile) -> [CalibratedConstant] {
        let candidates: [CalibratedConstant] =
            [
                figure("accelerator.matmul_fraction", share, \.accelerator.matmulFraction),
                figure("accelerator.memory_fraction", share, \.accelerator.memoryFraction),
                figure("accelerator.kernel_launch_microseconds", microseconds, \.accelerator.kernelLaunchMicroseconds),
                figure(
                    "accelerator.kernels.product_overhead_depth", 1...1e5, \.accelerator.kernels, \.productOverheadDepth
                ),
                figure(
                    "accelerator.kernels.attention_forward_fraction", share, \.accelerator.kernels,
                    \.attentionForwardFraction),
                figure(
                    "accelerator.kernels.attention_backward_fraction", share, \.accelerator.kernels,
                    \.attentionBackwardFraction),
                figure("intra_node.latency_microseconds", microseconds, \.intraNode.latencyMicroseconds),
                figure("intra_node.achieved_fraction", share, \.intraNode.achievedFraction),
                figure("inter_node.latency_microseconds", microseconds, \.interNode.latencyMicroseconds),
                figure("inter_node.achieved_fraction", share, \.interNode.achievedFraction),
                optional("inter_node.point_to_point_fraction", share, \.interNode.pointToPointFraction),
            ] + wires + engines
        return candidates.filter { $0.value(in: profile) != nil }
    }

    private static var wires: [CalibratedConstant] {
        typealias Wire = ClusterProfile.Collectives.Wire
        let protocols: [(String, WritableKeyPath<ClusterProfile.Collectives, Wire>)] = [
            ("low_latency", \.lowLatency), ("low_latency_128", \.lowLatency128), ("simple", \.simple),
        ]
        let figures: [(String, WritableKeyPath<Wire, Figure>)] = [
            ("base_microseconds", \.baseMicroseconds), ("intra_node_microseconds", \.intraNodeMicroseconds),
            ("inter_node_microseconds", \.interNodeMicroseconds),
        ]
        return protocols.flatMap { name, wire in
            figures.map { word, path in
                figure("collectives.\(name).\(word)", microseconds, \.collectives, wire.appending(path: path))
            }
        }
    }

    private static var engines: [CalibratedConstant] {
        typealias Engines = ClusterProfile.Engines
        let styles: [(String, WritableKeyPath<Engines, ClusterProfile.Engine?>)] = [
            ("megatron", \.megatron), ("deepspeed", \.deepspeed), ("fsdp", \.fsdp),
        ]
        let figures: [(String, ClosedRange<Double>, WritableKeyPath<ClusterProfile.Engine, Figure>)] = [
            ("elementwise_overhead", 0.05...20, \.elementwiseOverhead), ("host_overhead", 1e-3...1, \.hostOverhead),
        ]
        return styles.flatMap { name, engine in
            figures.map { word, bounds, path in
                CalibratedConstant(
                    key: "engines.\(name).\(word)", bounds: bounds,
                    read: { $0.engines?[keyPath: engine]?[keyPath: path] },
                    write: { $0.engines?[keyPath: engine]?[keyPath: path] = $1 })
            }
        }
    }

    private static func figure(
        _ key: String, _ bounds: ClosedRange<Double>, _ path: WritableKeyPath<ClusterProfile, Figure>
    ) -> CalibratedConstant {
        CalibratedConstant(
            key: key, bounds: bounds, read: { $0[keyPath: path] }, write: { $0[keyPath: path] = $1 })
    }

    private static func optional(
        _ key: String, _ bounds: ClosedRange<Double>, _ path: WritableKeyPath<ClusterProfile, Figure?>
    ) -> CalibratedConstant {
        CalibratedConstant(
            key: key, bounds: bounds, read: { $0[keyPath: path] }, write: { $0[keyPath: path] = $1 })
    }

    /// A figure of a section that the profile may lack.
    private static func figure<Section>(
        _ key: String, _ bounds: ClosedRange<Double>, _ section: WritableKeyPath<ClusterProfile, Section?>,
        _ path: WritableKeyPath<Section, Figure>
    ) -> CalibratedConstant {
        CalibratedConstant(
            key: key, bounds: bounds, read: { $0[keyPath: section]?[keyPath: path] },
            write: { $0[keyPath: section]?[keyPath: path] = $1 })
    }
}
