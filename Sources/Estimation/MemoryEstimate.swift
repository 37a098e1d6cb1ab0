import ClusterProfiles
import Programs
import Recipes

/// The bytes of the rank that holds the most, by kind.
///
/// In float32 they are the memory planner's own. In bfloat16 and float16 they follow from its plan: a stored
/// parameter takes 2 bytes and has a 4-byte master copy beside its 8 bytes of moments (sharded like them), an
/// activation kept for backward takes 2 bytes, a gradient keeps its 4; workspace stays as planned, since partial sums
/// are float32 (rule A1).
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

    /// The bytes of one rank.
    public init(_ program: Program, precision: Recipe.Precision, profile: ClusterProfile?) {
        let plan = MemoryPlan(program)
        func planned(_ kind: BufferDeclaration.Kind) -> Double { Double(plan.bytes(of: kind)) }
        let isHalf = precision != .float32
        parameters = planned(.parameters) * (isHalf ? 0.5 : 1)
        gradients = planned(.gradients)
        optimizer = planned(.optimizer) * (isHalf ? 1.5 : 1)
        // Token ids and other whole numbers keep their size.
        let halved = isHalf ? Self.floatingActivationBytes(program, plan) / 2 : 0
        activations = planned(.activations) - halved
        workspace = planned(.workspace)
        frameworkContext = profile?.accelerator.frameworkContextBytes ?? 0
        coordinate = program.coordinate
    }

    /// The estimate of the rank that needs the most; the first of equals. `nil` for no programs.
    public static func worst(
        of programs: [Program], precision: Recipe.Precision, profile: ClusterProfile?
    ) -> MemoryEstimate? {
        var worst: MemoryEstimate?
        for program in programs {
            let estimate = MemoryEstimate(program, precision: precision, profile: profile)
            if estimate.total > (worst?.total ?? -1) { worst = estimate }
        }
        return worst
    }

    /// Whether an accelerator of the cluster holds it.
    public func fits(_ profile: ClusterProfile) -> Bool { total <= profile.accelerator.memoryBytes }

    private static func floatingActivationBytes(_ program: Program, _ plan: MemoryPlan) -> Double {
        var bytes = 0.0
        for (buffer, placement) in zip(program.buffers, plan.placements) {
            guard buffer.kind == .activations, buffer.elementType == .float32, case .own(let copies) = placement else {
                continue
            }
            bytes += Double(copies) * Double(buffer.count * buffer.elementType.bytes)
        }
        return bytes
    }
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
