import Diagnostics
import Foundation
import Recipes

/// A recipe from a few answers: what is not said follows from the model's size by published rules of thumb.
///
/// ```swift
/// var draft = RecipeDraft(name: "petit")
/// draft.parameters = 1e6
/// let recipe = try draft.recipe()
/// ```
public struct RecipeDraft: Sendable {
    public var name: String
    public var family = Recipe.Model.Family.bloom
    /// About so many; the shape is ``ModelShape``'s.
    public var parameters = 1e6
    /// Folder of a corpus or manifest of token files; `nil` for the shipped one.
    public var corpus: String?
    public var tokenizer = "bytes"
    public var vocabulary = 257
    public var sequenceLength = 256
    /// Tokens to train on; `nil` for 20 per parameter (Hoffmann et al. 2022).
    public var tokens: Double?
    /// Samples of a step; `nil` for what gives about 1,000 steps, from 8 up to 4 million tokens.
    public var batch: Int?
    /// The highest learning rate; `nil` for that of GPT-3's model of the size (Brown et al. 2020, table 2.1), at most 3e-3.
    public var learningRate: Double?
    public var precision = Recipe.Precision.float32

    public init(name: String) { self.name = name }

    /// The recipe on one rank. Throws where the answers do not make one.
    public func recipe() throws(Diagnostic) -> Recipe {
        let model = ModelShape.model(
            parameters: parameters, family: family, sequenceLength: sequenceLength, vocabulary: vocabulary)
        let size = Double(model.parameterCount)
        let wanted = tokens ?? 20 * size
        let batch = self.batch ?? Self.batch(tokens: wanted, sequenceLength: sequenceLength)
        let steps = max(1, (wanted / Double(batch * sequenceLength)).rounded(.up))
        guard steps * Double(batch) <= 1e12 else {
            throw Diagnostic(
                "new.tokens", "so many tokens are more samples than a run can have", expected: "at most 10^12 samples",
                found: "\(wanted) tokens", remedy: "pass fewer tokens or a longer sequence")
        }
        guard steps >= 2 else {
            throw Diagnostic(
                "new.tokens", "so few tokens are less than two steps", expected: "more than \(batch * sequenceLength)",
                found: "\(wanted) tokens", remedy: "pass more tokens or a smaller batch")
        }
        let samples = Int(steps) * batch
        let peak = learningRate ?? Self.learningRate(parameters: size)
        let every = max(1, Int(steps) / 10)
        let recipe = Recipe(
            name: name, precision: precision, model: model,
            data: Recipe.DataSource(corpus: corpus, tokenizer: tokenizer), batch: Recipe.Batch(global: batch),
            optimizer: Recipe.Optimizer(
                learningRatePeak: peak, learningRateMinimum: peak / 10, warmupSamples: max(batch, samples / 50),
                decaySamples: samples, trainSamples: samples),
            layout: Layout(microBatch: Self.microBatch(batch)),
            checkpoint: Recipe.CheckpointPolicy(everySteps: every),
            evaluation: Recipe.EvaluationPolicy(everySteps: every),
            digestEvery: every)
        // Reading is stricter than validation: what is written must be read.
        return try Recipe.parse(recipe.yaml)
    }

    /// A power of two.
    private static func batch(tokens: Double, sequenceLength: Int) -> Int {
        let samples = min(tokens / 1000, Double(1 << 22)) / Double(sequenceLength)
        var batch = 8
        while Double(2 * batch) <= samples { batch *= 2 }
        return batch
    }

    private static func microBatch(_ batch: Int) -> Int { [8, 4, 2].first { batch % $0 == 0 } ?? 1 }

    /// GPT-3's learning rates by size, between them in proportion on logarithmic axes, to two digits.
    static func learningRate(parameters: Double) -> Double {
        let known: [(size: Double, rate: Double)] = [
            (1.25e8, 6e-4), (3.5e8, 3e-4), (7.6e8, 2.5e-4), (1.3e9, 2e-4), (2.7e9, 1.6e-4), (6.7e9, 1.2e-4),
            (1.3e10, 1e-4), (1.75e11, 6e-5),
        ]
        let above = known.firstIndex { $0.size >= parameters } ?? known.count - 1
        let (a, b) = (known[max(above, 1) - 1], known[max(above, 1)])
        let share = log(parameters / a.size) / log(b.size / a.size)
        let rate = min(exp(log(a.rate) + share * log(b.rate / a.rate)), 3e-3)
        let digit = pow(10, log10(rate).rounded(.down) - 1)
        // Divided by a whole number, so that the text has two digits too.
        return (rate / digit).rounded() / (1 / digit).rounded()
    }
}
