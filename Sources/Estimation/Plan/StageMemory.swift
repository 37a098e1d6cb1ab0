import ClusterProfiles
import Programs
import Recipes

/// The least bytes that a stage holds, from those of stages with one and two layers.
struct StageMemory {
    /// By ``LayoutProbe/Kind``.
    private let kinds: [Held?]
    /// What one more layer adds.
    private let perLayer: Held
    /// What passes share on a stage with two layers.
    private let arenaOfTwo: Double
    /// Whatever is held beside buffers.
    private let constant: Double
    /// Shares of sharded state are whole blocks, so one can be smaller than the others.
    private let slackPerLayer: Double
    /// Buffers start at multiples of a few bytes.
    private static let slack = 4096.0

    private struct Held {
        /// From step to step.
        var always = 0.0
        /// The part of it that a larger micro-batch might do without: copies of gradients for open lanes.
        var spare = 0.0
        /// The part of it that no other micro-batch, recomputation or split of the sequence changes.
        var state = 0.0
        /// For each micro-batch in flight.
        var perMicrobatch = 0.0
        /// Inside passes, all that lives at once. The planner's arena can be larger, but not in proportion to the layers.
        var arena = 0.0

        init(_ whole: Program, _ layout: Layout, _ scale: MemoryScale) {
            let program = whole.fusingLoss(scale.lossFusion)
            var gradients = 0.0
            for buffer in program.buffers {
                let bytes = scale.bytes(of: buffer)
                switch buffer.lifetime {
                case .run: always += bytes
                case .microbatch: perMicrobatch += bytes
                case .pass: break
                }
                guard buffer.lifetime == .run else { continue }
                if buffer.kind == .gradients { gradients += bytes }
                if buffer.kind == .parameters || buffer.kind == .optimizer { state += bytes }
            }
            arena = scale.bytes(Double(MemoryPlan.leastArenaBytes(program)), of: .workspace)
            var kept = gradients
            if layout.style == .serre {
                let count = program.packsGradients ? program.shard.ownedCount : program.shard.count
                kept = min(gradients, scale.bytes(Double(4 * count), of: .gradients))
            }
            spare = gradients - kept
            state += kept
        }

        init(_ two: Held, minus one: Held) {
            always = two.always - one.always
            spare = two.spare - one.spare
            state = two.state - one.state
            perMicrobatch = two.perMicrobatch - one.perMicrobatch
        }
    }

    init(_ probe: LayoutProbe, _ layout: Layout, _ scale: MemoryScale) {
        let one = Held(probe.middle, layout, scale)
        let two = Held(probe.twoLayers, layout, scale)
        kinds = probe.programs.enumerated().map { kind, program in
            program.map { kind == LayoutProbe.Kind.middle.rawValue ? one : Held($0, layout, scale) }
        }
        perLayer = Held(two, minus: one)
        arenaOfTwo = two.arena
        constant = scale.constant
        // Parameters, masters, moments and gradients of one block, with the slots of a fold.
        let isSharded = layout.style == .serre && layout.zero > 0 && layout.data > 1
        slackPerLayer = isSharded ? Double(ShardLayout.blockElements) * 64 : 0
    }

    /// A chunk of a stage: its kind, its layers, and its micro-batches in flight.
    struct Chunk {
        var kind: LayoutProbe.Kind
        var layers: Int
        var inFlight: Int
    }

    /// Bytes of a stage whose model has these chunks there, first to last in the model.
    ///
    /// - Parameter growing: what is held at least with any larger micro-batch, too.
    func bytes(_ chunks: some Sequence<Chunk>, growing: Bool) -> Double {
        var (always, activations, arena, layers) = (0.0, 0.0, 0.0, 0)
        for chunk in chunks {
            guard let kind = kinds[chunk.kind.rawValue] else { continue }
            layers += chunk.layers
            // Chunks share what a stage has once; the ends of the model come on top.
            always = max(always, kind.always - (growing ? kind.spare : 0))
            let perCopy = kind.perMicrobatch + Double(chunk.layers - 1) * perLayer.perMicrobatch
            activations += Double(chunk.inFlight) * perCopy
            arena = max(arena, kind.arena, chunk.layers > 1 ? arenaOfTwo : 0)
        }
        let more = Double(layers - 1) * (perLayer.always - (growing ? perLayer.spare : 0))
        return constant + always + more + activations + arena - slack(layers)
    }

    /// Bytes of parameters, gradients and the optimiser's state of a stage that begins with a chunk of a kind and has so
    /// many layers: what micro-batch, recomputation and sequence parallelism cannot change.
    func stateBytes(_ kind: LayoutProbe.Kind, layers: Int) -> Double {
        constant + (kinds[kind.rawValue]?.state ?? 0) + Double(layers - 1) * perLayer.state - slack(layers)
    }

    private func slack(_ layers: Int) -> Double { slackPerLayer * Double(layers + 4) + Self.slack }
}

/// How a memory estimate counts the bytes of each kind: in proportion, with a constant.
struct MemoryScale {
    let constant: Double
    /// What the engine's compiler saves of the loss's memory (``ClusterProfile/Engine/lossFusion``).
    let lossFusion: Double
    private let factors: [Double]

    /// Asks for the estimate of a program with one buffer of each kind in turn.
    init(_ program: Program, _ layout: Layout, on profile: ClusterProfile) {
        var empty = program
        (empty.passes, empty.actions, empty.buffers) = ([], [], [])
        let constant = MemoryEstimate.totalBytes(empty, layout, on: profile)
        self.constant = constant
        lossFusion = profile.engine(layout.style)?.lossFusion?.value ?? 0
        let count = 1 << 28
        factors = BufferDeclaration.Kind.allCases.map { kind in
            var holding = empty
            holding.buffers = [.init("\(kind)", kind, .float32, count: count, .run)]
            return (MemoryEstimate.totalBytes(holding, layout, on: profile) - constant) / Double(4 * count)
        }
    }

    func bytes(_ bytes: Double, of kind: BufferDeclaration.Kind) -> Double {
        bytes * factors[BufferDeclaration.Kind.allCases.firstIndex(of: kind) ?? 0]
    }

    /// Of one copy of a buffer.
    func bytes(of buffer: BufferDeclaration) -> Double {
        bytes(Double(MemoryPlan.paddedBytes(buffer)), of: buffer.kind)
    }
}
