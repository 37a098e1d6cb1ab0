import ClusterProfiles
import Programs
import Recipes
import Simulation

/// The bytes of the rank that holds the most, by kind: the memory planner's own. In bfloat16 and float16 its programs store
/// parameters and activations in 2 bytes, with a 4-byte master copy of each parameter, sharded like its 8 bytes of moments;
/// gradients and partial sums keep their 4 (rule A1).
public struct MemoryEstimate: Sendable, Equatable {
    public var parameters: Double
    public var gradients: Double
    /// Moments, and the master copy where there is one.
    public var optimizer: Double
    public var activations: Double
    public var workspace: Double
    /// What driver and framework hold; 0 without a cluster profile.
    public var frameworkContext: Double
    /// Where the rank is.
    public var coordinate: Coordinate

    /// All bytes, the framework's context included.
    public var total: Double { parameters + gradients + optimizer + activations + workspace + frameworkContext }

    /// The bytes of one rank; in another engine's style with what its allocator and its buffers add.
    public init(_ program: Program, profile: ClusterProfile?) {
        let engine = profile?.engine(program.style)
        let fragmentation = engine?.fragmentation.value ?? 1
        let plan = MemoryPlan(engine?.lossFusion.map { program.fusingLoss($0.value) } ?? program)
        func planned(_ kind: BufferDeclaration.Kind) -> Double { Double(plan.bytes(of: kind)) }
        parameters = planned(.parameters)
        gradients = planned(.gradients) + Self.gradientCopies(program, engine)
        optimizer = planned(.optimizer)
        activations = fragmentation * planned(.activations)
        workspace = fragmentation * planned(.workspace)
        frameworkContext = (profile?.accelerator.frameworkContextBytes ?? 0) + (engine?.buffersBytes ?? 0)
        coordinate = program.coordinate
    }

    /// What an engine's copies of the gradients take on a rank that owns only a share of the optimiser's state.
    private static func gradientCopies(_ program: Program, _ engine: ClusterProfile.Engine?) -> Double {
        guard let copies = engine?.gradientCopies?.value,
            let stored = program.buffers.first(where: { $0.name == Program.gradientsName }),
            let owned = program.buffers.first(where: { $0.kind == .optimizer }), owned.count < stored.count
        else { return 0 }
        return copies * Double(stored.count * stored.elementType.bytes)
    }

    /// The estimate of the rank that needs the most; the first of equals. `nil` for no programs.
    public static func worst(of programs: [Program], profile: ClusterProfile?) -> MemoryEstimate? {
        var worst: MemoryEstimate?
        for program in programs {
            let estimate = MemoryEstimate(program, profile: profile)
            if estimate.total > (worst?.total ?? -1) { worst = estimate }
        }
        return worst
    }

    /// Whether an accelerator of the cluster holds it.
    public func fits(_ profile: ClusterProfile) -> Bool { total <= profile.accelerator.memoryBytes }
}

extension MemoryEstimate: Encodable {
    enum CodingKeys: String, CodingKey { case parameters, gradients, optimizer, activations, workspace, total }

    /// In GiB; the framework's context is part of the workspace.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        for (key, bytes) in [
            (CodingKeys.parameters, parameters), (.gradients, gradients), (.optimizer, optimizer),
            (.activations, activations), (.workspace, workspace + frameworkContext), (.total, total),
        ] { try container.encode(bytes / 0x1p30, forKey: key) }
    }
}
