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

    private struct Held {
        /// From step to step, and whatever the framework takes.
        var always: Double
        /// For each micro-batch in flight.
        var perMicrobatch: Double
        /// Inside passes.
        var arena: Double
    }

    init(
        _ programs: [Program?], twoLayers: Program, _ recipe: Recipe, _ layout: Layout, on profile: ClusterProfile
    ) {
        func held(_ program: Program) -> Held {
            func lasting(_ copies: Int?) -> Double {
                MemoryEstimate(program.lasting(copies: copies), profile: profile).total
            }
            let always = lasting(0)
            return Held(
                always: always, perMicrobatch: lasting(1) - always,
                arena: MemoryEstimate(program, profile: profile).total - lasting(nil))
        }
        kinds = programs.map { $0.map(held) }
        let two = held(twoLayers)
        let one = programs[LayoutProbe.Kind.middle.rawValue].map(held) ?? two
        perLayer = Held(
            always: two.always - one.always, perMicrobatch: two.perMicrobatch - one.perMicrobatch, arena: 0)
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
    func bytes(_ chunks: some Sequence<Chunk>) -> Double {
        var (always, activations, arena, layers, extra) = (0.0, 0.0, 0.0, 0, 0.0)
        for chunk in chunks {
            guard let kind = kinds[chunk.kind.rawValue] else { continue }
            layers += chunk.layers
            // Chunks share what a stage has once; the ends of the model come on top.
            always = max(always, kind.always)
            extra += Double(chunk.layers) * perLayer.always
            let perCopy = kind.perMicrobatch + Double(chunk.layers - 1) * perLayer.perMicrobatch
            activations += Double(chunk.inFlight) * perCopy
            arena = max(arena, kind.arena, chunk.layers > 1 ? arenaOfTwo : 0)
        }
        return always + extra - perLayer.always + activations + arena - slackPerLayer * Double(layers + 4)
    }
}

extension Program {
    /// What outlives passes, with so many copies of what lives for a micro-batch, or as many as it has.
    fileprivate func lasting(copies: Int?) -> Program {
        var program = self
        program.passes = []
        program.actions = []
        program.buffers = buffers.filter { $0.lifetime != .pass }
        if let copies {
            for index in program.buffers.indices where program.buffers[index].lifetime == .microbatch {
                program.buffers[index].copies = copies
            }
        }
        return program
    }
}
