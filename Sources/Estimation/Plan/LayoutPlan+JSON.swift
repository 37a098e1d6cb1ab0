import Recipes

extension LayoutPlan: Encodable {
    enum CodingKeys: String, CodingKey {
        case candidates, considered, estimated
        case ruledOut = "ruled_out"
        case rejected
        case closestMiss = "closest_miss"
        case unconstrained
        case unending = "never_ends"
    }

    /// The keys of `serre plan --json`: `considered` is the sum of `estimated`, `ruled_out` and all of `rejected`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(candidates.map(Candidate.init), forKey: .candidates)
        try container.encode(considered, forKey: .considered)
        try container.encode(estimated, forKey: .estimated)
        try container.encode(ruledOut, forKey: .ruledOut)
        let counts = Rejection.allCases.map { ($0.rawValue, rejected($0)) }
        try container.encode(Dictionary(counts, uniquingKeysWith: +), forKey: .rejected)
        try container.encode(closestMiss, forKey: .closestMiss)
        try container.encode(unconstrained.map(Candidate.init), forKey: .unconstrained)
        try container.encode(unending?.description, forKey: .unending)
    }

    /// A layout with the keys of `serre estimate --json`.
    private struct Candidate: Encodable {
        var estimate: Estimate

        init(_ estimate: Estimate) { self.estimate = estimate }

        func encode(to encoder: any Encoder) throws {
            try LayoutKeys(estimate.recipe.layout).encode(to: encoder)
            try estimate.encode(to: encoder)
        }
    }
}

extension LayoutPlan.Miss: Encodable {
    enum CodingKeys: String, CodingKey {
        case memory = "memory_gib"
        case excess = "excess_gib"
        case wouldFit = "would_fit"
    }

    public func encode(to encoder: any Encoder) throws {
        try LayoutKeys(recipe.layout).encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(memory, forKey: .memory)
        try container.encode(excessBytes / 0x1p30, forKey: .excess)
        try container.encode(wouldFit.map(\.options), forKey: .wouldFit)
    }
}

/// A layout's values, by the names of its options, and the options themselves.
private struct LayoutKeys: Encodable {
    var layout: Layout

    init(_ layout: Layout) { self.layout = layout }

    enum CodingKeys: String, CodingKey {
        case tensor, pipeline, interleave, data
        case microBatch = "micro_batch"
        case schedule, zero, recompute
        case sequenceParallel = "sequence_parallel"
        case style, options
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layout.tensor, forKey: .tensor)
        try container.encode(layout.pipeline, forKey: .pipeline)
        try container.encode(layout.interleave, forKey: .interleave)
        try container.encode(layout.data, forKey: .data)
        try container.encode(layout.microBatch, forKey: .microBatch)
        try container.encode(layout.schedule.rawValue, forKey: .schedule)
        try container.encode(layout.zero, forKey: .zero)
        try container.encode(layout.recompute.rawValue, forKey: .recompute)
        try container.encode(layout.sequenceParallel, forKey: .sequenceParallel)
        try container.encode(layout.style.rawValue, forKey: .style)
        try container.encode(layout.options, forKey: .options)
    }
}
