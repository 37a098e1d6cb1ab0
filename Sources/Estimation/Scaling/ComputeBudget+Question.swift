import ClusterProfiles
import Diagnostics
import Foundation
import Recipes

extension ComputeBudget.Question {
    func validate() throws(Diagnostic) {
        let positive: [(String, Double)] = [
            ("--accelerator-hours", acceleratorHours), ("--days", days),
            ("--tokens-per-parameter", tokensPerParameter ?? 1),
        ]
        for (key, value) in positive where !(value > 0 && value < 1e13) {
            throw Diagnostic(
                "budget.range", "the quantity is out of range", at: .init(key: key),
                expected: "more than 0, below 1e13",
                found: "\(value)")
        }
        let sizes: [(String, Int, ClosedRange<Int>)] = [
            ("--sequence-length", sequenceLength, 16...1 << 20), ("--vocabulary", vocabulary ?? 256, 256...1 << 24),
        ]
        for (key, value, range) in sizes where !range.contains(value) {
            throw Diagnostic(
                "budget.range", "the quantity is out of range", at: .init(key: key),
                expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
        }
        try validateSegments()
    }

    /// Serre's own arithmetic cuts the sequence into segments.
    private func validateSegments() throws(Diagnostic) {
        let segments = 8
        guard style == .serre, sequenceLength % segments != 0 else { return }
        throw Diagnostic(
            "budget.range", "the sequence length must be a multiple of the recipe's \(segments) segments",
            at: .init(key: "--sequence-length"), expected: "a multiple of \(segments)", found: "\(sequenceLength)")
    }

    /// The nodes to train on: those asked for, or a power of two of them that takes about `days`, within the limit on accelerators.
    func nodes(on profile: ClusterProfile) throws(Diagnostic) -> Int {
        if let nodes {
            guard (1...profile.nodes.count).contains(nodes) else {
                throw Diagnostic(
                    "layout.nodes", "\(profile.name) has not so many nodes", at: .init(key: "--nodes"),
                    expected: "1 to \(profile.nodes.count)", found: "\(nodes)")
            }
            return try acceleratorsMax.map { (most) throws(Diagnostic) in
                try profile.nodes(maxAccelerators: most, asked: nodes)
            } ?? nodes
        }
        let count =
            try acceleratorsMax.map { (most) throws(Diagnostic) in try profile.nodes(maxAccelerators: most) }
            ?? profile.nodes.count
        let wanted = acceleratorHours / (24 * days * Double(profile.nodes.acceleratorsPerNode))
        let exponent = Int(log2(min(max(wanted, 1), Double(count))).rounded())
        return (1 << exponent) <= count ? 1 << exponent : 1 << (exponent - 1)
    }

    /// The size that is best for so much training.
    func parameters(operations: Double) -> Double {
        guard let ratio = tokensPerParameter else { return law.optimum(operations: operations).parameters }
        return (operations / 6 / ratio).squareRoot()
    }

    /// The shape of that size.
    func shape(operations: Double) -> Recipe.Model {
        ModelShape.model(
            parameters: parameters(operations: operations), family: family, sequenceLength: sequenceLength,
            vocabulary: vocabulary ?? family.traits.publishedVocabulary)
    }

    /// The recipe to estimate, on one rank: a batch of tokens by the model's size, as GPT-3's (Brown et al. 2020, table 2.1:
    /// 0.5 million tokens for the smallest, 3.2 million for the largest) rounded to powers of two.
    func recipe(_ model: Recipe.Model) -> Recipe {
        let parameters = Double(model.parameterCount)
        let batchTokens =
            parameters < 1e9 ? 1 << 19 : parameters < 5e9 ? 1 << 20 : parameters < 5e10 ? 1 << 21 : 1 << 22
        let samples = max(1, batchTokens / sequenceLength)
        let optimizer = Recipe.Optimizer(
            learningRatePeak: 3e-4, learningRateMinimum: 3e-5, warmupSamples: 0, decaySamples: 10_000 * samples,
            trainSamples: 10_000 * samples)
        return Recipe(
            name: "budget", precision: precision, lanes: 1, model: model,
            data: Recipe.DataSource(tokenizer: family.rawValue), batch: Recipe.Batch(global: samples),
            optimizer: optimizer, layout: Layout(zero: 1, style: style))
    }

    /// The fewest steps that are called a run.
    static let stepsMin = 100

    /// The run whose length spends the hours, its failures, checkpoints and restarts included, and its tokens.
    func spending(_ fastest: Estimate) throws(Diagnostic) -> (estimate: Estimate, tokens: Double) {
        var estimate = fastest
        let perHour = estimate.tokensPerSecond * 3600 / Double(estimate.recipe.layout.ranks)
        var tokens = acceleratorHours * perHour
        // What is not a step's time is a few percent, and nearly in proportion.
        for _ in 0..<4 {
            guard tokens >= Double(Self.stepsMin * estimate.recipe.batch.global * sequenceLength) else {
                throw Diagnostic(
                    "budget.hours", "these hours do not pay for \(Self.stepsMin) steps",
                    at: .init(key: "--accelerator-hours"),
                    found: "\(acceleratorHours)", remedy: "pass more hours or fewer nodes")
            }
            var recipe = estimate.recipe
            recipe.train(tokens: tokens)
            estimate = try Estimate(recipe, on: estimate.profile)
            let share = acceleratorHours / estimate.campaign.acceleratorHours
            if abs(share - 1) < 2e-3 { break }
            tokens *= share
        }
        return (estimate, Double(estimate.recipe.optimizer.trainSamples * sequenceLength))
    }
}

extension Recipe {
    /// Sets the length of training, with a warm-up of 0.1 % and a decay over all of it.
    fileprivate mutating func train(tokens: Double) {
        let samples = max(1, Int((tokens / Double(model.sequenceLength)).rounded(.down)))
        optimizer.trainSamples = samples
        optimizer.decaySamples = samples
        optimizer.warmupSamples = samples / 1000
    }
}
