import Diagnostics
import Recipes

/// Turns a recipe into the programs of its ranks.
public enum Lowering {
    /// The program of every rank, in rank order.
    public static func programs(_ recipe: Recipe) throws(Diagnostic) -> [Program] {
        try (0..<recipe.layout.ranks).mapThrowing { (rank) throws(Diagnostic) in
            try program(recipe, at: Coordinate(rank: rank, in: recipe.layout))
        }
    }

    /// The program of one rank.
    public static func program(_ recipe: Recipe, at coordinate: Coordinate) throws(Diagnostic) -> Program {
        try recipe.validate()
        return try lower(recipe, at: coordinate)
    }

    /// The same rank's forward passes only, for evaluation: the actions differ, buffers and passes do not.
    public static func evaluationActions(of program: Program, recipe: Recipe) -> [Action] {
        let microbatches = StageBuilder.laneFold(recipe).microbatches
        let schedule = Schedule.evaluation(
            stage: program.coordinate.pipeline, stages: recipe.layout.pipeline, microbatches: microbatches)
        return schedule.map { action($0, passes: program.passes) }
    }

    private static func lower(_ recipe: Recipe, at coordinate: Coordinate) throws(Diagnostic) -> Program {
        let layout = recipe.layout
        let stageLayers = try stageLayers(recipe)
        let shard = shardLayout(recipe, coordinate, layers: stageLayers[coordinate.pipeline])
        var builder = StageBuilder(recipe: recipe, coordinate: coordinate, shard: shard)
        builder.lowerStage(layers: stageLayers[coordinate.pipeline])
        let microbatches = builder.fold.microbatches
        let stage = coordinate.pipeline
        let schedule = Schedule.actions(
            layout.schedule, stage: stage, stages: layout.pipeline, microbatches: microbatches)
        let passes = builder.passes
        return builder.finish(
            actions: schedule.map { action($0, passes: passes) },
            microbatchCopies: Schedule.inFlight(
                layout.schedule, stage: stage, stages: layout.pipeline, microbatches: microbatches))
    }

    /// The parameters that the rank at `coordinate` holds, and its share of their update.
    public static func shardLayout(_ recipe: Recipe, at coordinate: Coordinate) throws(Diagnostic) -> ShardLayout {
        shardLayout(recipe, coordinate, layers: try stageLayers(recipe)[coordinate.pipeline])
    }

    private static func stageLayers(_ recipe: Recipe) throws(Diagnostic) -> [Range<Int>] {
        guard let stageLayers = recipe.stageLayers(pipeline: recipe.layout.pipeline) else {
            throw Diagnostic(
                "layout.pipeline",
                "\(recipe.model.layers) layers cannot be divided into \(recipe.layout.pipeline) stages")
        }
        return stageLayers
    }

    private static func shardLayout(_ recipe: Recipe, _ coordinate: Coordinate, layers: Range<Int>) -> ShardLayout {
        let model = ModelParameters(recipe.model)
        let indexed = Array(model.all.enumerated())
        let first = coordinate.pipeline == 0
        let last = coordinate.pipeline == recipe.layout.pipeline - 1
        let perLayer = model.layers.first?.count ?? 0
        let beforeLayers = 1 + model.beforeLayers.count
        let held = indexed.filter { index, _ in
            if index == 0 { return first || (last && recipe.model.tiedHead) }
            if index < beforeLayers { return first }
            let layer = (index - beforeLayers) / perLayer
            return layer < model.layers.count ? layers.contains(layer) : last
        }
        return ShardLayout(
            parameters: held.map { (index: $0.offset, spec: $0.element) }, recipe: recipe, coordinate: coordinate)
    }

    private static func action(_ step: ScheduleAction, passes: [Pass]) -> Action {
        let (name, microbatch): (PassName, Int)
        switch step {
        case .receiveActivation(let m): (name, microbatch) = (.receiveActivation, m)
        case .forward(let m): (name, microbatch) = (.forward, m)
        case .sendActivation(let m): (name, microbatch) = (.sendActivation, m)
        case .receiveGradient(let m): (name, microbatch) = (.receiveGradient, m)
        case .backward(let m): (name, microbatch) = (.backward, m)
        case .sendGradient(let m): (name, microbatch) = (.sendGradient, m)
        case .reduceGradients: (name, microbatch) = (.reduceGradients, 0)
        case .optimizerStep: (name, microbatch) = (.optimizerStep, 0)
        }
        guard let pass = passes.firstIndex(where: { $0.name == name.rawValue }) else {
            preconditionFailure("the stage has no pass named \(name.rawValue)")
        }
        return Action(pass: pass, microbatch: microbatch)
    }
}

extension Sequence {
    /// `map` whose closure throws one type.
    func mapThrowing<T, E: Error>(_ transform: (Element) throws(E) -> T) throws(E) -> [T] {
        var result: [T] = []
        for element in self { result.append(try transform(element)) }
        return result
    }
}
