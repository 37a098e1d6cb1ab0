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
        guard recipe.layout.style == .serre else { return try EngineLowering.program(recipe, at: coordinate) }
        return try lower(recipe, at: coordinate, lanesOutliveMicrobatches: lanesOutliveMicrobatches(recipe))
    }

    /// One rank's program for each batch size of a ramp, smallest first: the same buffers and passes, but for their sizes.
    public static func programsByBatch(
        _ recipe: Recipe, at coordinate: Coordinate
    ) throws(Diagnostic) -> [(recipe: Recipe, program: Program)] {
        try recipe.validate()
        var programs: [(recipe: Recipe, program: Program)] = []
        for size in recipe.batch.sizes {
            let sized = recipe.withBatch(size)
            programs.append(
                (sized, try lower(sized, at: coordinate, lanesOutliveMicrobatches: lanesOutliveMicrobatches(recipe))))
        }
        return programs
    }

    /// Whether the lanes of some batch have more samples than a micro-batch.
    private static func lanesOutliveMicrobatches(_ recipe: Recipe) -> Bool {
        LaneFold(recipe.withBatch(recipe.batch.sizes.last ?? recipe.batch.global)).microbatchesPerRound > 1
    }

    /// The same rank's forward passes only, for evaluation: the actions differ, buffers and passes do not.
    ///
    /// - Parameter samples: how many are evaluated, a global batch if `nil`: see ``EvaluationBatch``.
    public static func evaluationActions(of program: Program, recipe: Recipe, samples: Int? = nil) -> [Action] {
        let layout = recipe.layout
        let fold = LaneFold(recipe)
        let schedule = Schedule.evaluation(
            layout.schedule, stage: program.coordinate.pipeline, stages: layout.pipeline,
            microbatches: EvaluationBatch(recipe, samples: samples).microbatches, chunks: layout.interleave)
        let numbers = PassNumbers(program.passes)
        return schedule.map { action($0, closesLane: fold.closesLane, numbers) }
    }

    private static func lower(
        _ recipe: Recipe, at coordinate: Coordinate, lanesOutliveMicrobatches: Bool
    ) throws(Diagnostic) -> Program {
        let layout = recipe.layout
        let chunks = try chunkLayers(recipe, coordinate)
        let shard = shardLayout(recipe, coordinate, chunks: chunks)
        var builder = StageBuilder(
            recipe: recipe, coordinate: coordinate, shard: shard, lanesOutliveMicrobatches: lanesOutliveMicrobatches)
        builder.lowerStage(chunks: chunks)
        let schedule = Schedule.actions(
            layout.schedule, stage: coordinate.pipeline, stages: layout.pipeline,
            microbatches: builder.fold.microbatches, chunks: layout.interleave)
        let (numbers, fold) = (PassNumbers(builder.passes), builder.fold)
        return builder.finish(
            actions: schedule.filter { !isInBackward($0, layout) }.map {
                action($0, closesLane: fold.closesLane, numbers)
            })
    }

    /// The parameters that the rank at `coordinate` holds, and its share of their update.
    public static func shardLayout(_ recipe: Recipe, at coordinate: Coordinate) throws(Diagnostic) -> ShardLayout {
        shardLayout(recipe, coordinate, chunks: try chunkLayers(recipe, coordinate))
    }

    private static func chunkLayers(_ recipe: Recipe, _ coordinate: Coordinate) throws(Diagnostic) -> [Range<Int>] {
        guard let chunks = recipe.chunkLayers(stage: coordinate.pipeline) else {
            throw Diagnostic(
                "layout.pipeline",
                "\(recipe.model.layers) layers cannot be divided into \(recipe.layout.virtualStages) stages")
        }
        return chunks
    }

    private static func shardLayout(_ recipe: Recipe, _ coordinate: Coordinate, chunks: [Range<Int>]) -> ShardLayout {
        let first = coordinate.pipeline == 0
        let last = coordinate.pipeline == recipe.layout.pipeline - 1
        let held = ModelParameters.some(
            of: recipe.model, embedding: first || (last && recipe.model.tiedHead), start: first, layers: chunks,
            end: last)
        return ShardLayout(parameters: held, recipe: recipe, coordinate: coordinate)
    }

    /// With strided lanes the backward sends its gradient itself, before it exchanges those of the parameters.
    private static func isInBackward(_ step: ScheduleAction, _ layout: Layout) -> Bool {
        if case .sendGradient = step { return layout.stridesLanes }
        return false
    }

    /// The action that performs a step of the schedule.
    static func action(_ step: ScheduleAction, closesLane: (Int) -> Bool, _ numbers: PassNumbers) -> Action {
        let (role, microbatch): (Pass.Role, Int) =
            switch step {
            case .receiveActivation(let m, let c): (.receiveActivation(chunk: c), m)
            case .forward(let m, let c): (.forward(chunk: c), m)
            case .sendActivation(let m, let c): (.sendActivation(chunk: c), m)
            case .receiveGradient(let m, let c): (.receiveGradient(chunk: c), m)
            case .backward(let m, let c): (.backward(chunk: c, closingLane: closesLane(m)), m)
            case .sendGradient(let m, let c): (.sendGradient(chunk: c), m)
            case .reduceGradients: (.reduceGradients, 0)
            case .optimizerStep: (.optimizerStep, 0)
            }
        return Action(pass: numbers[role], microbatch: microbatch)
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
