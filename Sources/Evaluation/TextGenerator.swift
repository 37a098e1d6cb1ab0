import Diagnostics
import Fabrics
import Numerics
import Programs
import Recipes

/// Continues prompts with a trained model, token by token, the same text every time.
///
/// Each token takes a forward pass over the whole sequence: keys and values are not kept between tokens.
public final class TextGenerator {
    private let executor: Executor
    private let recipe: Recipe
    private let prompts: [[Int32]]

    /// Prepares one rank that holds the whole model. Load its state before generating.
    ///
    /// Prompts are token ids; each must be shorter than the recipe's sequence. Throws `generate.prompt` when there is none,
    /// or one is empty, too long or has an id that the model lacks.
    ///
    /// - Parameter batch: prompts that are continued at once, at most; it changes no text. As many as fit some memory when `nil`.
    public convenience init(
        recipe: Recipe, prompts: [[Int32]], batch: Int? = nil, kernels: KernelContext
    ) throws(Diagnostic) {
        let single = recipe.onOneRank(samples: max(1, min(prompts.count, recipe.samplesAtOnce(batch))))
        try Self.check(prompts, recipe.model)
        try self.init(
            executor: try Executor(recipe: single, fabric: LocalFabric(ranks: 1), kernels: kernels), prompts: prompts)
    }

    /// Takes a model that is loaded already, on one rank.
    init(executor: Executor, prompts: [[Int32]]) throws(Diagnostic) {
        try Self.check(prompts, executor.recipe.model)
        self.executor = executor
        recipe = executor.recipe
        self.prompts = prompts
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

    /// Draws at most `length` tokens for each prompt, until a document ends, a stop is written or the sequence is full.
    ///
    /// Of a given prompt and place among the prompts, the text does not depend on the other prompts or on how many are
    /// continued at once.
    ///
    /// - Parameters:
    ///   - isText: whether a token goes on with the document; those of the tokeniser `bytes` are below 256.
    ///   - isOver: whether a prompt's new tokens end with a stop; asked after each token of text, so that it may show it.
    public func generate(
        length: Int, sampling: Sampling, isText: (Int32) -> Bool = { $0 < 256 },
        isOver: (_ prompt: Int, _ new: ArraySlice<Int32>) -> Bool = { _, _ in false }
    ) throws(Diagnostic) -> [[Int32]] {
        var texts = prompts
        for first in stride(from: 0, to: prompts.count, by: recipe.batch.global) {
            let group = first..<min(first + recipe.batch.global, prompts.count)
            var open = Array(group)
            for _ in 0..<length where !open.isEmpty {
                let logits = try nextLogits(Array(texts[group]))
                for i in open {
                    let token = sampling.token(logits(i - first), stream: i, position: texts[i].count)
                    texts[i].append(token)
                    let ends = !isText(token) || isOver(i, texts[i][prompts[i].count...])
                    if ends || texts[i].count >= recipe.model.sequenceLength { open.removeAll { $0 == i } }
                }
            }
        }
        return zip(texts, prompts).map { Array($0.dropFirst($1.count)) }
    }

    /// The logits that follow each text's last token, by the text's place in the batch.
    private func nextLogits(_ texts: [[Int32]]) throws(Diagnostic) -> (Int) -> ArraySlice<Float> {
        let (sequence, width) = (recipe.model.sequenceLength, recipe.model.paddedVocabulary)
        let vocabulary = recipe.model.vocabulary
        _ = try executor.evaluate(
            StepInput(step: 1, learningRate: 0) { index, tokens in
                let text = index < texts.count ? texts[index] : []
                for t in 0..<tokens.count { tokens[t] = t < text.count ? text[t] : 0 }
            })
        guard let logits = executor.copy(ofBuffer: "logits", rank: 0) else {
            throw Diagnostic("logits.missing", "the program keeps no logits", kind: .failure)
        }
        return { place in
            let row = place * sequence + texts[place].count - 1
            return logits[(row * width)..<(row * width + vocabulary)]
        }
    }
}
