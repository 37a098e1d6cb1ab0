import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

/// What a recipe's step and its whole run take on a cluster, found by playing the recipe's own programs on the
/// virtual clock.
///
/// It also works for recipes that cannot be trained yet: nothing is computed.
public struct Estimate: Sendable, Equatable {
    public var recipe: Recipe
    public var profile: ClusterProfile
    public var step: StepTiming
    public var memory: MemoryEstimate
    public var campaign: Campaign
    /// The accelerator's peak for the recipe's precision.
    public var peakOperationsPerSecond: Double

    /// Throws `layout.exceeds-profile` for more ranks than accelerators, `profile.no-peak` for a precision without one.
    public init(_ recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) {
        let clock = try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
        let classes = try RankClasses(recipe, on: profile)
        let programs = try classes.programs(of: recipe)
        guard let memory = MemoryEstimate.worst(of: programs, profile: profile, style: recipe.layout.style) else {
            throw Diagnostic("layout.ranks", "the layout has no ranks", at: .init(key: "layout"))
        }
        let timed = clock.prepare(programs, classes)
        peakOperationsPerSecond = try profile.peakOperationsPerSecond(recipe.precision)
        self.recipe = recipe
        self.profile = profile
        self.memory = memory
        step = try timed.step()
        let phases = BatchPhase.phases(recipe.batch, trainSamples: recipe.optimizer.trainSamples)
        let seconds = try Self.seconds(of: phases) { (batch) throws(Diagnostic) in
            // Where the batch decides more than how many micro-batches there are, each size has programs of its own.
            guard recipe.layout.stridesLanes || recipe.layout.schedule == .interleaved else {
                let microbatches = batch / (recipe.layout.data * recipe.layout.microBatch)
                return try timed.step(microbatches: microbatches).seconds
            }
            let sized = try classes.programs(of: recipe.withBatch(batch))
            return try clock.prepare(sized, classes).step().seconds
        }
        campaign = Campaign(
            steps: phases.reduce(0) { $0 + $1.steps }, seconds: seconds, accelerators: recipe.layout.ranks, on: profile)
    }

    /// The time of all phases; `step` plays a step of a batch size.
    ///
    /// Of a long ramp at most 33 batches are played, the first and the last among them, and the others interpolated:
    /// step time is nearly linear in the batch.
    private static func seconds(
        of phases: [BatchPhase], step: (_ batch: Int) throws(Diagnostic) -> Double
    ) throws(Diagnostic) -> Double {
        guard let first = phases.first else { return 0 }
        var (left, leftSeconds) = (first, try step(first.batch))
        var total = Double(first.steps) * leftSeconds
        let stride = (phases.count + 31) / 32
        for start in Swift.stride(from: 1, to: phases.count, by: stride) {
            let group = phases[start..<min(start + stride, phases.count)]
            let right = group[group.endIndex - 1]
            let rightSeconds = try step(right.batch)
            let slope = (rightSeconds - leftSeconds) / Double(right.batch - left.batch)
            for phase in group {
                total += Double(phase.steps) * (leftSeconds + slope * Double(phase.batch - left.batch))
            }
            (left, leftSeconds) = (right, rightSeconds)
        }
        return total
    }

    public var secondsPerStep: Double { step.seconds }
    /// The time that 80 % of measured steps lie within; `nil` if the profile states no uncertainty.
    public var intervalSecondsPerStep: ClosedRange<Double>? {
        profile.stepTimeInterval(seconds: secondsPerStep, ranks: recipe.layout.ranks)
    }
    public var tokensPerSecond: Double {
        Double(recipe.batch.global * recipe.model.sequenceLength) / secondsPerStep
    }

    /// Model operations per second and accelerator.
    public var modelOperationsPerSecond: Double {
        ModelOperations.perStep(recipe.model, samples: recipe.batch.global)
            / (secondsPerStep * Double(recipe.layout.ranks))
    }
    /// Hardware operations per second and accelerator: the model's, and a second forward under full recomputation.
    public var operationsPerSecond: Double {
        ModelOperations.perStep(
            recipe.model, samples: recipe.batch.global, recomputing: recipe.layout.recompute == .full)
            / (secondsPerStep * Double(recipe.layout.ranks))
    }

    /// Model operations over the accelerator's peak for the precision.
    public var modelUtilisation: Double { modelOperationsPerSecond / peakOperationsPerSecond }
    /// Hardware operations over the same peak.
    public var hardwareUtilisation: Double { operationsPerSecond / peakOperationsPerSecond }

    /// Whether the worst rank fits an accelerator's memory.
    public var fits: Bool { memory.fits(profile) }
}
