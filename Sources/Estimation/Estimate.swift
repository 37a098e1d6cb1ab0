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
    /// What the step's time is due to; `nil` unless asked for, or where too many ranks differ.
    public var attribution: Attribution?
    /// The accelerator's peak for the recipe's precision.
    public var peakOperationsPerSecond: Double

    /// Throws `layout.exceeds-profile` for more ranks than accelerators, `layout.too-long` for a step of more actions than
    /// ``StepLimit/actionsMost``, `profile.no-peak` for a precision without one, `layout.precision` for float8 in Serre's own programs,
    /// `profile.missing-figure` for options that need what the profile does not say, and `campaign.no-progress`,
    /// `campaign.job-too-short` or `campaign.too-long` for a run that would not end.
    public init(
        _ recipe: Recipe, on profile: ClusterProfile, options: Campaign.Options = .init(),
        attributing: Bool = false
    ) throws(Diagnostic) {
        try recipe.requirePricedPrecision()
        let clock = try CampaignClock(recipe, on: profile, slowNode: options.slowNode)
        guard let memory = MemoryEstimate.worst(of: clock.programs, profile: profile) else {
            throw Diagnostic("layout.ranks", "the layout has no ranks", at: .init(key: "layout"))
        }
        peakOperationsPerSecond = try profile.peakOperationsPerSecond(recipe.precision)
        self.recipe = recipe
        self.profile = profile
        self.memory = memory
        step = clock.step
        attribution = attributing ? try clock.attribution() : nil
        let evaluation = try clock.evaluation()
        let setup = try CampaignSetup(
            recipe, on: profile, phases: clock.phases(), evaluation: evaluation, options: options)
        campaign = try Campaign(setup, on: profile, evaluation: evaluation, seed: recipe.seed, options: options)
        campaign.slowNodeCost = clock.slowNodeCost
    }

    public var secondsPerStep: Double { step.seconds }
    /// About as far from the estimate as 80 % of the steps that the profile's figures rest on lie from theirs, whatever their
    /// engine (`IntervalBasis`); `nil` if the profile states no uncertainty.
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
