import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

/// Programs of stages with few layers, lowered as those of a layout are: all layers of a model are alike, so what a stage
/// with many of them takes and holds follows from stages with one and two.
struct LayoutProbe {
    /// Where a chunk of layers stands in the model.
    enum Kind: Int, CaseIterable {
        case first, middle, last
        /// The whole model.
        case only

        init(stage: Int, of stages: Int, chunk: Int, of chunks: Int) {
            let isFirst = stage == 0 && chunk == 0
            let isLast = stage == stages - 1 && chunk == chunks - 1
            self = isFirst ? (isLast ? .only : .first) : isLast ? .last : .middle
        }
    }

    /// Of one layer, by kind; `nil` where no stage is of the kind.
    private let programs: [Program?]
    /// A stage of two layers in the middle.
    private let twoLayers: Program
    /// Whether layers exchange parameters or gradients while others compute, so that the streams of neighbouring layers
    /// overlap.
    private let overlapsLayers: Bool
    let memory: StageMemory

    init(_ recipe: Recipe, _ layout: Layout, on profile: ClusterProfile) throws(Diagnostic) {
        let alone = layout.pipeline == 1
        let one = Self.recipe(recipe, layout, layersPerStage: 1)
        let two = Self.recipe(recipe, layout, layersPerStage: 2)
        func program(_ recipe: Recipe, _ stage: Int) throws(Diagnostic) -> Program {
            try Lowering.program(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: stage))
        }
        let middle = try program(one, 1)
        twoLayers = try program(two, 1)
        if alone {
            let only = try program(Self.recipe(recipe, layout, layersPerStage: 1, stages: 1), 0)
            programs = [nil, middle, nil, only]
        } else {
            programs = [try program(one, 0), middle, try program(one, 2), nil]
        }
        overlapsLayers = layout.stridesLanes
        memory = StageMemory(programs, twoLayers: twoLayers, recipe, layout, on: profile)
    }

    /// A recipe with a small model, on as many accelerators as that needs.
    private static func recipe(_ recipe: Recipe, _ layout: Layout, layersPerStage: Int, stages: Int = 3) -> Recipe {
        var small = recipe
        small.model.layers = stages * layersPerStage
        small.layout = layout
        small.layout.pipeline = stages
        small.layout.interleave = 1
        small.layout.schedule = .oneForwardOneBackward
        return small
    }

    /// The end of a step of a stage with so many layers at a rank of the clock's layout.
    static func tail(
        _ recipe: Recipe, _ layout: Layout, _ kind: Kind, layers: Int, at rank: Int, _ clock: VirtualClock
    ) throws(Diagnostic) -> TailCosts {
        let stages = kind == .only ? 1 : 3
        let whole = Self.recipe(recipe, layout, layersPerStage: layers, stages: stages)
        let program = try Lowering.program(
            whole, at: Coordinate(tensor: 0, data: 0, pipeline: kind == .only ? 0 : kind.rawValue))
        let costs = clock.costs(of: program, at: rank)
        var tail = TailCosts()
        for (pass, cost) in zip(program.passes, costs)
        where pass.role == .reduceGradients || pass.role == .optimizerStep {
            tail.append(.init(stretches: cost.stretches, meetings: cost.meetingSeconds))
        }
        return tail
    }

    /// What chunks take at a rank of the clock's layout.
    func times(at rank: Int, _ clock: VirtualClock) -> ProbeTimes {
        let middle = costs(programs[Kind.middle.rawValue] ?? twoLayers, rank, clock)
        let two = costs(twoLayers, rank, clock)
        return ProbeTimes(
            kinds: programs.map { program in
                program.map {
                    ProbeTimes.Chunk(costs($0, rank, clock), one: middle, two: two, overlapsLayers: overlapsLayers)
                }
            })
    }

    private func costs(_ program: Program, _ rank: Int, _ clock: VirtualClock) -> [(Pass.Role, PassCost)] {
        Array(zip(program.passes.map(\.role), clock.costs(of: program, at: rank)))
    }
}

/// What a chunk of each kind takes with any number of layers, at one place of a cluster.
struct ProbeTimes {
    /// By ``LayoutProbe/Kind``.
    var kinds: [Chunk?]

    /// A chunk of a kind with so many layers.
    func costs(_ kind: LayoutProbe.Kind, layers: Int) -> ChunkCosts {
        guard let chunk = kinds[kind.rawValue] else { preconditionFailure("a layout without chunks of its kind") }
        return chunk.costs(layers: layers)
    }

    /// A quantity that grows by the same amount with each layer.
    struct Line {
        var ofOne = 0.0
        var perLayer = 0.0
        func callAsFunction(_ layers: Int) -> Double { ofOne + Double(layers - 1) * perLayer }
    }

    /// A pass over a chunk's layers.
    struct Span {
        var compute = Line()
        var stream = Line()
        var alone = Line()
        /// Until the message inside the pass leaves; `nil` where it is sent afterwards.
        var beforeSend: Line?
        var overlapsLayers = false

        /// Where layers end in step, the time of each adds to that of the others; where their streams overlap, neither
        /// stream ends before its own work is done.
        func callAsFunction(_ layers: Int) -> Double {
            overlapsLayers ? max(compute(layers), stream(layers)) : alone(layers)
        }
    }

    struct Chunk {
        var forward = Span()
        var backward = Span()
        var closing = Span()
        var fixed = ChunkCosts()

        init(
            _ own: [(Pass.Role, PassCost)], one: [(Pass.Role, PassCost)], two: [(Pass.Role, PassCost)],
            overlapsLayers: Bool
        ) {
            func cost(_ role: Pass.Role, _ costs: [(Pass.Role, PassCost)]) -> PassCost? {
                costs.first { $0.0 == role }?.1
            }
            func span(_ role: Pass.Role) -> Span? {
                guard let own = cost(role, own), let one = cost(role, one), let two = cost(role, two) else {
                    return nil
                }
                func line(_ part: (PassCost) -> Double) -> Line {
                    Line(ofOne: part(own), perLayer: part(two) - part(one))
                }
                return Span(
                    compute: line(\.computeSeconds), stream: line(\.streamSeconds), alone: line(\.aloneSeconds),
                    beforeSend: own.sends ? line(\.secondsBeforeSend) : nil, overlapsLayers: overlapsLayers)
            }
            forward = span(.forward(chunk: 0)) ?? Span()
            let open = span(.backward(chunk: 0, closingLane: false))
            let closed = span(.backward(chunk: 0, closingLane: true))
            backward = open ?? closed ?? Span()
            closing = closed ?? open ?? Span()
            fixed.receiveActivation = cost(.receiveActivation(chunk: 0), own)?.aloneSeconds ?? 0
            fixed.receiveGradient = cost(.receiveGradient(chunk: 0), own)?.aloneSeconds ?? 0
            fixed.activation = Self.message([cost(.sendActivation(chunk: 0), own)])
            fixed.gradient = Self.message(
                [
                    .sendGradient(chunk: 0), .backward(chunk: 0, closingLane: false),
                    .backward(chunk: 0, closingLane: true),
                ]
                .map { cost($0, own) })
        }

        /// The message of the first pass that sends one.
        private static func message(_ passes: [PassCost?]) -> ChunkCosts.Message {
            for pass in passes.compactMap({ $0 }) where pass.sends {
                return ChunkCosts.Message(linkSeconds: pass.linkSeconds, latencySeconds: pass.latencySeconds)
            }
            return ChunkCosts.Message()
        }

        /// With so many layers.
        func costs(layers: Int) -> ChunkCosts {
            var costs = fixed
            costs.forward = forward(layers)
            costs.backward = backward(layers)
            costs.closing = closing(layers)
            costs.backwardBeforeSend = backward.beforeSend.map { min($0(layers), costs.backward) } ?? costs.backward
            costs.closingBeforeSend = closing.beforeSend.map { min($0(layers), costs.closing) } ?? costs.closing
            return costs
        }
    }
}
