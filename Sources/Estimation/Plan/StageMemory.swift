import ClusterProfiles
import Programs
import Recipes

/// The least bytes that a stage holds, from those of stages with one and two layers.
struct StageMemory {
    /// By ``LayoutProbe/Kind``.
    private let kinds: [Held?]
    private let perLayer: Held
    /// What passes share on a stage with two layers.
    private let arenaOfTwo: Double
    /// Shares of sharded state are whole blocks, so one can be smaller than the others.
    private let slackPerLayer: Double
    /// Buffers start at multiples of a few bytes.
    private static let slack = 4096.0

    private struct Held {
        /// From step to step, and whatever the framework takes.
        var always: Double
        /// The part of it that a larger micro-batch might do without: copies of gradients for open lanes.
        var spare: Double
        /// For each micro-batch in flight.
        var perMicrobatch: Double
        /// Inside passes.
        var arena: Double
    }

    init(
        _ programs: [Program?], twoLayers: Program, _ recipe: Recipe, _ layout: Layout, on profile: ClusterProfile
    ) {
        func bytes(_ program: Program) -> Double { MemoryEstimate.totalBytes(program, layout, on: profile) }
        func held(_ program: Program) -> Held {
            func lasting(_ copies: Int) -> Double {
                bytes(program.lasting(copies: copies))
            }
            let always = lasting(0)
            return Held(
                always: always, spare: layout.style == .serre ? program.spareBytes : 0,
                perMicrobatch: lasting(1) - always,
                arena: bytes(program.arena) - bytes(program.empty))
        }
        kinds = programs.map { $0.map(held) }
        let two = held(twoLayers)
        let one = programs[LayoutProbe.Kind.middle.rawValue].map(held) ?? two
        perLayer = Held(
            always: two.always - one.always, spare: two.spare - one.spare,
            perMicrobatch: two.perMicrobatch - one.perMicrobatch, arena: 0)
        arenaOfTwo = two.arena
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
        return always + more + activations + arena - slackPerLayer * Double(layers + 4) - Self.slack
    }
}

extension Program {
    /// What outlives passes, with so many copies of what lives for a micro-batch.
    fileprivate func lasting(copies: Int) -> Program {
        var program = empty
        program.buffers = buffers.filter { $0.lifetime != .pass }
        for index in program.buffers.indices where program.buffers[index].lifetime == .microbatch {
            program.buffers[index].copies = copies
        }
        return program
    }

    /// A workspace as large as what lives inside passes at once. The planner's arena can be larger, but not in proportion to
    /// the layers.
    fileprivate var arena: Program {
        var program = empty
        program.buffers = [
            .init("arena", .workspace, .int32, count: MemoryPlan.leastArenaBytes(self) / 4, .run)
        ]
        return program
    }

    /// Gradients beside one copy of those that the rank sums.
    fileprivate var spareBytes: Double {
        let kept = 4 * (packsGradients ? shard.ownedCount : shard.count)
        let all = buffers.filter { $0.kind == .gradients && $0.lifetime == .run }
        return Double(max(0, all.reduce(0) { $0 + $1.count * $1.elementType.bytes } - kept))
    }

    fileprivate var empty: Program {
        var program = self
        (program.passes, program.actions, program.buffers) = ([], [], [])
        return program
    }
}
