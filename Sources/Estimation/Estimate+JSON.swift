extension Estimate: Encodable {
    enum CodingKeys: String, CodingKey {
        case recipe, cluster, layout, style, precision
        case secondsPerStep = "seconds_per_step"
        case interval = "interval_seconds_per_step"
        case extrapolation
        case teraflops = "tflops_per_accelerator"
        case modelTeraflops = "model_tflops_per_accelerator"
        case mfu, hfu
        case bubbleFraction = "bubble_fraction"
        case bubbleOverhead = "bubble_overhead"
        case memory = "memory_gib"
        case memoryStage = "memory_stage"
        case fits, accelerators
        case tokensPerSecond = "tokens_per_second"
        case campaign, attribution
    }

    private struct Interval: Encodable {
        var low, high: Double
        /// Where the profile has it from.
        var source: String?
    }

    /// The keys of `serre estimate --json`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(recipe.name, forKey: .recipe)
        try container.encode(profile.name, forKey: .cluster)
        try container.encode(recipe.layout.description, forKey: .layout)
        try container.encode(recipe.layout.style.rawValue, forKey: .style)
        try container.encode(recipe.precision.rawValue, forKey: .precision)
        try container.encode(secondsPerStep, forKey: .secondsPerStep)
        try container.encode(
            intervalSecondsPerStep.map {
                Interval(low: $0.lowerBound, high: $0.upperBound, source: profile.uncertainty?.stepTimeHigh.source)
            }, forKey: .interval)
        try container.encode(extrapolation, forKey: .extrapolation)
        try container.encode(operationsPerSecond / 1e12, forKey: .teraflops)
        try container.encode(modelOperationsPerSecond / 1e12, forKey: .modelTeraflops)
        try container.encode(modelUtilisation, forKey: .mfu)
        try container.encode(hardwareUtilisation, forKey: .hfu)
        try container.encode(step.bubbleFraction, forKey: .bubbleFraction)
        try container.encode(step.bubbleOverhead, forKey: .bubbleOverhead)
        try container.encode(memory, forKey: .memory)
        try container.encode(memory.coordinate.pipeline, forKey: .memoryStage)
        try container.encode(fits, forKey: .fits)
        try container.encode(recipe.layout.ranks, forKey: .accelerators)
        try container.encode(tokensPerSecond, forKey: .tokensPerSecond)
        try container.encode(campaign, forKey: .campaign)
        try container.encode(attribution, forKey: .attribution)
    }
}
