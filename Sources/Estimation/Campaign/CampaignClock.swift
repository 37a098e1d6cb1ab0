import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

/// The steps and evaluations of a recipe's whole run on the virtual clock.
struct CampaignClock {
    let recipe: Recipe
    let clock: VirtualClock
    let classes: RankClasses
    /// Of the classes' representatives.
    let programs: [Program]
    private let timed: TimedPrograms
    /// A step of the full batch.
    let step: StepTiming
    /// How much longer that is than with equal accelerators; `nil` if they are.
    let slowNodeCost: Double?

    /// - Parameter slowNode: one accelerator of the busiest stage computes so many times slower.
    init(_ recipe: Recipe, on profile: ClusterProfile, slowNode: Double?) throws(Diagnostic) {
        self.recipe = recipe
        try recipe.requirePlayable()
        var clock = try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
        var classes = try RankClasses(recipe, on: profile)
        try recipe.requirePlayable(classes)
        var programs = try classes.programs(of: recipe)
        var timed = clock.prepare(programs, classes)
        var step = try timed.step()
        var cost: Double?
        if let slowNode {
            let equal = step.seconds
            clock.straggler = Straggler(data: 0, pipeline: Self.busiestStage(step), factor: slowNode)
            classes = try RankClasses(recipe, on: profile, apart: 0)
            try recipe.requirePlayable(classes)
            programs = try classes.programs(of: recipe)
            timed = clock.prepare(programs, classes)
            step = try timed.step()
            cost = equal > 0 ? step.seconds / equal - 1 : 0
        }
        self.clock = clock
        self.classes = classes
        self.programs = programs
        self.timed = timed
        self.step = step
        slowNodeCost = cost
    }

    /// What the step is due to; `nil` if it is too long to be recorded.
    func attribution() throws(Diagnostic) -> Attribution? {
        timed.canBeRecorded ? Attribution(try timed.record()) : nil
    }

    private static func busiestStage(_ step: StepTiming) -> Int {
        var busiest = step.stages.first
        for stage in step.stages where stage.share.busySeconds > (busiest?.share.busySeconds ?? 0) { busiest = stage }
        return busiest?.stage ?? 0
    }

    /// How the accelerators spend one evaluation: forward passes over the samples of every language, in batches of which the
    /// last has no more micro-batches than it needs, as training does it.
    func evaluation() throws(Diagnostic) -> TimeUse {
        let policy = recipe.evaluation
        let (samples, overflows) = policy.samplesPerLanguage.multipliedReportingOverflow(by: policy.languages)
        guard samples > 0 else { return TimeUse() }
        let timed = clock.prepare(programs.map(\.forwardOnly), classes)
        let (whole, rest) = (overflows ? .max : samples).quotientAndRemainder(dividingBy: recipe.batch.global)
        var use = whole > 0 ? TimeUse(try timed.step()) * Double(whole) : TimeUse()
        if rest > 0 {
            let microbatches = EvaluationBatch(recipe, samples: rest).microbatches
            use = use + TimeUse(try timed.step(microbatches: microbatches))
        }
        return use
    }

    /// The phases of the run, each with the time of its steps.
    ///
    /// Of a long ramp few batches are played, and the others interpolated: step time is nearly linear in the batch.
    func phases() throws(Diagnostic) -> [CampaignWork.Phase] {
        let sizes = BatchPhase.phases(recipe.batch, trainSamples: recipe.optimizer.endSamples)
        var uses: [Int: TimeUse] = [0: try use(batch: sizes[0].batch)]
        if sizes.count > 1 {
            uses[sizes.count - 1] = try use(batch: sizes[sizes.count - 1].batch)
            try play(between: 0, and: sizes.count - 1, of: sizes, depth: 0, into: &uses)
        }
        return sizes.indices.compactMap { index in
            uses[index].map { CampaignWork.Phase(steps: sizes[index].steps, use: $0) }
        }
    }

    /// Halves a stretch of a ramp until the middle lies on the line between the ends, at least twice and at most five times;
    /// then all between them do.
    private func play(
        between left: Int, and right: Int, of sizes: [BatchPhase], depth: Int, into uses: inout [Int: TimeUse]
    ) throws(Diagnostic) {
        guard right - left > 1, let leftUse = uses[left], let rightUse = uses[right] else { return }
        func interpolated(_ index: Int) -> TimeUse {
            let share =
                Double(sizes[index].batch - sizes[left].batch) / Double(sizes[right].batch - sizes[left].batch)
            return leftUse * (1 - share) + rightUse * share
        }
        let middle = (left + right) / 2
        let played = try use(batch: sizes[middle].batch)
        let error = abs(interpolated(middle).seconds - played.seconds)
        if depth == 5 || depth > 0 && error <= Self.rampTolerance * played.seconds {
            for index in left + 1..<right { uses[index] = interpolated(index) }
            uses[middle] = played
            return
        }
        uses[middle] = played
        try play(between: left, and: middle, of: sizes, depth: depth + 1, into: &uses)
        try play(between: middle, and: right, of: sizes, depth: depth + 1, into: &uses)
    }

    /// How far from the line between its neighbours a batch's step may lie to be taken for on it.
    private static let rampTolerance = 1e-3

    /// How the accelerators spend a step of a batch size.
    private func use(batch: Int) throws(Diagnostic) -> TimeUse {
        guard batch != recipe.batch.global else { return TimeUse(step) }
        // Where the batch decides more than how many micro-batches there are, each size has programs of its own.
        guard recipe.layout.stridesLanes || recipe.layout.schedule == .interleaved else {
            return TimeUse(try timed.step(microbatches: batch / (recipe.layout.data * recipe.layout.microBatch)))
        }
        let sized = try classes.programs(of: recipe.withBatch(batch))
        return TimeUse(try clock.prepare(sized, classes).step())
    }
}

extension Program {
    /// The same program with its forward passes and their messages only.
    fileprivate var forwardOnly: Program {
        var program = self
        var places: [Int?] = []
        program.passes = []
        for pass in passes {
            switch pass.role {
            case .forward, .receiveActivation, .sendActivation:
                places.append(program.passes.count)
                program.passes.append(pass)
            case .backward, .receiveGradient, .sendGradient, .reduceGradients, .optimizerStep, .other:
                places.append(nil)
            }
        }
        program.actions = actions.compactMap { action in
            places[action.pass].map { Action(pass: $0, microbatch: action.microbatch) }
        }
        return program
    }
}
