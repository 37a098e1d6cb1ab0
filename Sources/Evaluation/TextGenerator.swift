import Diagnostics
import Fabrics
import Numerics
import Programs
import Recipes

/// Continues prompts with a trained model, token by token, the same text every time.
///
/// Keys and values are kept from token to token, so that a new one costs one position's work; the logits are those of a pass over
/// the whole text, to the bit.
public final class TextGenerator {
    private let executor: Executor
    private let recipe: Recipe
    private let prompts: [[Int32]]
    /// Prompts that are continued at once.
    private let batch: Int

    /// Prepares one rank that holds the whole model. Load its state before generating.
    ///
    /// Prompts are token ids; each must be shorter than the recipe's sequence. Throws `generate.prompt` when there is none,
    /// or one is empty, too long or has an id that the model lacks.
    ///
    /// - Parameters:
    ///   - batch: prompts that are continued at once, at most; it changes no text. As many as fit some memory when `nil`.
    ///   - keepsKeys: whether keys and values are kept; without them, and under `blas`, whose products may differ with the
    ///     number of rows, each token takes a pass over the whole sequence.
    public convenience init(
        recipe: Recipe, prompts: [[Int32]], batch: Int? = nil, keepsKeys: Bool = true, kernels: KernelContext
    ) throws(Diagnostic) {
        try Self.check(prompts, recipe.model)
        let keeps = keepsKeys && recipe.numerics != .blas
        let most = keeps ? batch ?? recipe.textsAtOnce : recipe.samplesAtOnce(batch)
        let single = recipe.onOneRank(samples: max(1, min(prompts.count, most)))
        let executor =
            keeps
            ? try Executor(parametersOf: single, kernels: kernels)
            : try Executor(recipe: single, fabric: LocalFabric(ranks: 1), kernels: kernels)
        try self.init(executor: executor, prompts: prompts, batch: single.batch.global)
    }

    /// Takes a model that is loaded already, on one rank.
    init(executor: Executor, prompts: [[Int32]], batch: Int) throws(Diagnostic) {
        try Self.check(prompts, executor.recipe.model)
        self.executor = executor
        recipe = executor.recipe
        self.prompts = prompts
        self.batch = batch
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
    ///   - sees: told of the logits from which each token is drawn.
    public func generate(
        length: Int, sampling: Sampling, isText: (Int32) -> Bool = { $0 < 256 },
        isOver: (_ prompt: Int, _ new: ArraySlice<Int32>) -> Bool = { _, _ in false },
        sees: (_ prompt: Int, _ logits: ArraySlice<Float>) -> Void = { _, _ in }
    ) throws(Diagnostic) -> [[Int32]] {
        var texts = prompts
        for first in stride(from: 0, to: prompts.count, by: batch) {
            let group = first..<min(first + batch, prompts.count)
            var next = try nextLogits(Array(prompts[group]), length: length)
            var open = Array(group)
            for _ in 0..<length where !open.isEmpty {
                let logits = try next.logits(after: texts[group], of: open.map { $0 - first })
                for (i, logits) in zip(open, logits) {
                    let row = logits.prefix(recipe.model.vocabulary)
                    guard row.allSatisfy(\.isFinite) else {
                        throw .notFinite(remedy: "take an earlier checkpoint or another run")
                    }
                    sees(i, row)
                    let token = sampling.token(row, stream: i, position: texts[i].count)
                    texts[i].append(token)
                    let ends = !isText(token) || isOver(i, texts[i][prompts[i].count...])
                    if ends || texts[i].count >= recipe.model.sequenceLength { open.removeAll { $0 == i } }
                }
            }
        }
        return zip(texts, prompts).map { Array($0.dropFirst($1.count)) }
    }

    private func nextLogits(_ prompts: [[Int32]], length: Int) throws(Diagnostic) -> any NextLogits {
        guard executor.holdsParametersAlone else { return WholePasses(executor: executor) }
        return try KeptTexts(executor, prompts: prompts, length: length)
    }
}

extension Recipe {
    /// Sixteen texts, or as many as have keys and values of 1 GiB.
    var textsAtOnce: Int {
        let numbers = 2 * model.layers * model.keyValueHeads * model.headSize * model.sequenceLength
        return max(1, min(16, (1 << 28) / numbers))
    }
}
