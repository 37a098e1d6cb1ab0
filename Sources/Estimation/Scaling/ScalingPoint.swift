/// A run on one number of nodes, and how well it uses them.
public struct ScalingPoint: Sendable, Equatable, Encodable {
    public var nodes: Int
    public var accelerators: Int
    /// Degree of data parallelism.
    public var data: Int
    /// Samples per step.
    public var globalBatch: Int
    /// Whether the worst rank fits an accelerator's memory.
    public var fits: Bool
    public var secondsPerStep: Double
    /// About as far from the estimate as 80 % of the steps that the profile's figures rest on; `nil` if the profile states no uncertainty.
    public var secondsLow: Double?
    public var secondsHigh: Double?
    public var tokensPerSecond: Double
    /// Tokens per second and accelerator, over those of the curve's first point that fits.
    public var efficiency: Double
    /// Model operations over the accelerators' peak (MFU).
    public var modelUtilisation: Double
    /// Of the whole run.
    public var days: Double
    /// Of the whole run.
    public var acceleratorHours: Double

    /// The keys in JSON.
    enum CodingKeys: String, CodingKey {
        case nodes, accelerators, data
        case globalBatch = "global_batch"
        case fits
        case secondsPerStep = "seconds_per_step"
        case secondsLow = "seconds_low"
        case secondsHigh = "seconds_high"
        case tokensPerSecond = "tokens_per_second"
        case efficiency
        case modelUtilisation = "mfu"
        case days
        case acceleratorHours = "accelerator_hours"
    }

    /// The point of an estimate; its efficiency is 1 until a curve sets it.
    init(_ estimate: Estimate, nodes: Int) {
        self.nodes = nodes
        accelerators = estimate.recipe.layout.ranks
        data = estimate.recipe.layout.data
        globalBatch = estimate.recipe.batch.global
        fits = estimate.fits
        secondsPerStep = estimate.secondsPerStep
        secondsLow = estimate.intervalSecondsPerStep?.lowerBound
        secondsHigh = estimate.intervalSecondsPerStep?.upperBound
        tokensPerSecond = estimate.tokensPerSecond
        efficiency = 1
        modelUtilisation = estimate.modelUtilisation
        days = estimate.campaign.days
        acceleratorHours = estimate.campaign.acceleratorHours
    }

    var tokensPerSecondAndAccelerator: Double { tokensPerSecond / Double(accelerators) }
}
