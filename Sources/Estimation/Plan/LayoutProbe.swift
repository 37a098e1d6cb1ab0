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
    let programs: [Program?]
    /// A stage of one layer and one of two in the middle, whatever the layout has.
    let middle: Program
    let twoLayers: Program
    /// Whether layers exchange parameters or gradients while others compute, so that the streams of neighbouring layers
    /// overlap.
    private let overlapsLayers: Bool

    init(_ recipe: Recipe, _ layout: Layout) throws(Diagnostic) {
        let one = Self.recipe(recipe, layout, layersPerStage: 1)
        let two = Self.recipe(recipe, layout, layersPerStage: 2)
        func program(_ recipe: Recipe, _ stage: Int) throws(Diagnostic) -> Program {
            try Lowering.program(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: stage))
        }
        if layout.pipeline == 1 {
            let only = try program(Self.recipe(recipe, layout, layersPerStage: 1, stages: 1), 0)
            programs = [nil, nil, nil, only]
            // An engine may do otherwise in a pipeline than without one, and then no stage of one says what a layer adds.
            let differs = layout.style == .fsdp
            middle = differs ? only : try program(one, 1)
            twoLayers = try program(
                differs ? Self.recipe(recipe, layout, layersPerStage: 2, stages: 1) : two, differs ? 0 : 1)
        } else {
            middle = try program(one, 1)
            twoLayers = try program(two, 1)
            programs = [try program(one, 0), middle, try program(one, 2), nil]
        }
        overlapsLayers = layout.stridesLanes
    }

    /// Small models are lowered for three stages, whatever the layout has: its ranks must leave room for that.
    static let ranksMax = Recipe.ranksMax / 3

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

    /// What the passes of a stage with so many layers take at a rank of the clock's layout.
    static func costs(
        _ recipe: Recipe, _ layout: Layout, _ kind: Kind, layers: Int, at rank: Int, _ clock: VirtualClock
    ) throws(Diagnostic) -> [(Pass.Role, PassCost)] {
        let stages = kind == .only ? 1 : 3
        let whole = Self.recipe(recipe, layout, layersPerStage: layers, stages: stages)
        let program = try Lowering.program(
            whole, at: Coordinate(tensor: 0, data: 0, pipeline: kind == .only ? 0 : kind.rawValue))
        return costs(program, rank, clock)
    }

    /// What chunks take at a rank of the clock's layout.
    func times(at rank: Int, _ clock: VirtualClock) -> ProbeTimes {
        ProbeTimes(
            one: Self.costs(middle, rank, clock), two: Self.costs(twoLayers, rank, clock),
            overlapsLayers: overlapsLayers)
    }

    /// Adds what chunks of a kind take at the same rank.
    func add(_ kind: Kind, to times: inout ProbeTimes, at rank: Int, _ clock: VirtualClock) {
        guard let program = programs[kind.rawValue] else { preconditionFailure("no stage is of this kind") }
        times.add(kind, kind == .middle ? times.one : Self.costs(program, rank, clock))
    }

    private static func costs(_ program: Program, _ rank: Int, _ clock: VirtualClock) -> [(Pass.Role, PassCost)] {
        Array(zip(program.passes.map(\.role), clock.costs(of: program, at: rank)))
    }
}
