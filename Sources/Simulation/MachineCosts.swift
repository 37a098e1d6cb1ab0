import ClusterProfiles
import Diagnostics
import Programs
import Recipes

/// What an instruction takes on one accelerator of a cluster, and a message on its links: seconds, nothing waited for.
///
/// Arithmetic is charged by roofline: the longer of what its products take and bytes over achieved memory bandwidth,
/// plus one kernel launch. Products follow the tiles and waves of the accelerator (`MachineCosts+Products`), collectives
/// Serre's canonical exchange or, in the other engines' styles, a communication library's rings and trees
/// (`MachineCosts+Collectives`).
struct MachineCosts: Sendable {
    let style: EngineStyle
    /// Achieved by a large product.
    var operationsPerSecond: Double
    /// The peak of float8 products with what scaling and casting leave of it; `nil` without them.
    let float8OperationsPerSecond: Double?
    let peakOperationsPerSecond: Double
    let memoryBytesPerSecond: Double
    let launchSeconds: Double
    let kernels: ClusterProfile.Kernels?
    /// Of Serre's own kernels, where they were measured.
    let rates: ClusterProfile.Rates?
    var collectives: ClusterProfile.Collectives?
    let engine: EngineFigures
    let intraNode: ClusterProfile.IntraNodeLink
    let interNode: ClusterProfile.InterNodeNetwork

    /// An engine's figures, or those of one that adds nothing.
    struct EngineFigures: Sendable {
        var elementwise = 1.0
        var accumulation = 1.0
        var interference = 0.0
        var host = 0.0
        /// Of all links of a node together.
        var networkBytesPerSecond: Double?
    }

    init(
        _ profile: ClusterProfile, precision: Recipe.Precision, style: EngineStyle = .serre
    ) throws(Diagnostic) {
        let accelerator = profile.accelerator
        self.style = style
        // Only products have float8; all else is as in bfloat16.
        let dense = precision == .float8 ? .bfloat16 : precision
        peakOperationsPerSecond = try profile.peakOperationsPerSecond(dense)
        operationsPerSecond = peakOperationsPerSecond * accelerator.matmulFraction.value
        float8OperationsPerSecond =
            precision == .float8
            ? try profile.peakOperationsPerSecond(.float8) * accelerator.matmulFraction.value
                * (accelerator.kernels?.float8Fraction?.value ?? 1) : nil
        memoryBytesPerSecond = accelerator.memoryBytesPerSecond
        launchSeconds = accelerator.kernelLaunchSeconds
        kernels = accelerator.kernels
        rates = precision == .float32 ? accelerator.rates : nil
        collectives = style == .serre ? nil : profile.collectives
        engine = try Self.figures(of: style, profile)
        intraNode = profile.intraNode
        interNode = profile.interNode
    }

    private static func figures(of style: EngineStyle, _ profile: ClusterProfile) throws(Diagnostic) -> EngineFigures {
        guard style != .serre else { return EngineFigures() }
        guard let engine = profile.engine(style) else {
            throw Diagnostic(
                "profile.no-engine", "\(profile.name) has no figures for this engine",
                at: .init(key: "engines.\(style.rawValue)"),
                expected: "elementwise_overhead, accumulation_overhead, overlap_interference, host_overhead, "
                    + "buffers_gib and fragmentation",
                remedy: "add the section to the profile, or pass --style serre")
        }
        return EngineFigures(
            elementwise: engine.elementwiseOverhead.value, accumulation: engine.accumulationOverhead.value,
            interference: engine.overlapInterference.value, host: engine.hostOverhead.value,
            networkBytesPerSecond: engine.networkFraction.map {
                $0.value / profile.interNode.achievedFraction.value * profile.interNode.bytesPerSecondPerNode
            })
    }

    /// An instruction that is no communication, in the program whose buffers it names.
    func seconds(_ instruction: Instruction, in program: Program) -> Double {
        seconds(instruction.operation, instruction.work(in: program))
    }

    /// The same with every value stored in so many bytes.
    func seconds(_ instruction: Instruction, elementBytes: Double) -> Double {
        seconds(instruction.operation, instruction.work(elementBytes: elementBytes))
    }

    func seconds(_ operation: Operation, _ work: Work) -> Double {
        if case .modelled(let kernel) = operation { return (1 + engine.host) * seconds(kernel) }
        if let rates, let kind = operation.rateKind, let rate = rates[kind] {
            return rate.seconds(matrixOperations: work.matrixOperations, memoryBytes: work.memoryBytes)
        }
        let arithmetic = arithmeticSeconds(operation, work)
        return max(arithmetic, work.memoryBytes / memoryBytesPerSecond) + launchSeconds
    }

    /// A message to a neighbour: how long it keeps the link busy, and the latency after that.
    func transfer(bytes: Double, _ view: RankView) -> (link: Double, latency: Double) {
        view.sharers > 0
            ? (
                bytes / (interNode.pointToPointBytesPerSecondPerNode * view.ringShare), interNode.latencySeconds
            )
            : (bytes / intraNode.bytesPerSecond(among: 2), intraNode.latencySeconds)
    }
}

extension ClusterProfile {
    /// The figures of an engine on this cluster; `nil` for Serre's own style and for engines without.
    public func engine(_ style: EngineStyle) -> Engine? {
        switch style {
        case .serre: nil
        case .megatron: engines?.megatron
        case .deepspeed: engines?.deepspeed
        case .fsdp: engines?.fsdp
        }
    }
}
