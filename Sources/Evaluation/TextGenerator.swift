import Diagnostics
import Fabrics
import Numerics
import Programs
import Recipes

/// Continues prompts with a trained model, token by token, the same text every time.
public final class TextGenerator {
    private let executor: Executor
    private let recipe: Recipe
    private let prompts: [[Int32]]

    /// Prepares one rank that holds the whole model and one sample per prompt. Load its state before generating.
    ///
    /// Prompts are token ids; each must be shorter than the recipe's sequence. Throws `generate.prompt` when there is none,
    /// or one is empty, too long or has an id that the model lacks.
    public init(recipe: Recipe, prompts: [[Int32]], kernels: KernelContext) throws(Diagnostic) {
        try Self.check(prompts, recipe.model)
        self.recipe = recipe.onOneRank(samples: prompts.count)
        self.prompts = prompts
        executor = try Executor(recipe: self.recipe, fabric: LocalFabric(ranks: 1), kernels: kernels)
    }

    private static func check(_ prompts: [[Int32]], _ model: Recipe.Model) throws(Diagnostic) {
        guard !prompts.isEmpty else {
            throw Diagnostic("generate.prompt", "there is no prompt to continue", expected: "at least 1")
        }
        for prompt in prompts {
            guard (1..<model.sequenceLength).contains(prompt.count) else {
                throw Diagnostic(
                    "generate.prompt", "a prompt must leave room to continue",
                    expected: "1 to \(model.sequenceLength - 1) tokens", found: "\(prompt.count)")
            }
            if let token = prompt.first(where: { !(0..<model.vocabulary).contains(Int($0)) }) {
                throw Diagnostic(
                    "generate.prompt", "a prompt has a token that the model does not know",
                    expected: "0 to \(model.vocabulary - 1)", found: "\(token)")
            }
        }
    }

    /// The executor whose state the caller loads.
    public var model: Executor { executor }

    /// Draws at most `length` tokens for each prompt, until a document ends or the sequence is full.
    ///
    /// - Parameters:
    ///   - temperature: divides the logits; 0 takes the most likely token.
    ///   - seed: keys the draws (Philox), one stream per prompt.
    ///   - isText: whether a token goes on with the document; those of the tokeniser `bytes` are below 256.
    public func generate(
        length: Int, temperature: Double, seed: UInt64, isText: (Int32) -> Bool = { $0 < 256 }
    ) throws(Diagnostic) -> [[Int32]] {
        let sequence = recipe.model.sequenceLength
        var texts = prompts
        var open = Array(repeating: true, count: texts.count)
        for _ in 0..<length {
            guard open.contains(true) else { break }
            let current = texts
            _ = try executor.evaluate(
                StepInput(step: 1, learningRate: 0) { index, tokens in
                    for t in 0..<tokens.count { tokens[t] = t < current[index].count ? current[index][t] : 0 }
                })
            guard let logits = executor.copy(ofBuffer: "logits", rank: 0) else { break }
            for i in texts.indices where open[i] {
                let row = i * sequence + texts[i].count - 1
                let width = recipe.model.paddedVocabulary
                let token = draw(
                    logits[(row * width)..<(row * width + recipe.model.vocabulary)], temperature: temperature,
                    uniform: DefinedFunctions.uniform(
                        seed: seed, purpose: Self.purpose + UInt64(i), index: UInt64(texts[i].count)))
                texts[i].append(token)
                open[i] = isText(token) && texts[i].count < sequence
            }
        }
        return zip(texts, prompts).map { Array($0.dropFirst($1.count)) }
    }

    /// Streams of generation in Philox's purpose space, away from those of training.
    private static let purpose: UInt64 = 1 << 24

    private func draw(_ logits: ArraySlice<Float>, temperature: Double, uniform: Double) -> Int32 {
        let top = logits.max() ?? 0
        if temperature <= 0 { return Int32((logits.firstIndex(of: top) ?? logits.startIndex) - logits.startIndex) }
        let weights = logits.map { DefinedFunctions.exponential(Double($0 - top) / temperature) }
        var rest = uniform * weights.reduce(0, +)
        for (token, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return Int32(token) }
        }
        return Int32(weights.count - 1)
    }
}
