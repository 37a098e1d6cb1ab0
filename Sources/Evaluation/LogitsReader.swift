import Diagnostics
import Fabrics
import Numerics
import Programs
import Recipes

/// Reads what a model says of given tokens: the logits at every position, the same bits as in training.
public final class LogitsReader {
    private let executor: Executor
    private let recipe: Recipe

    /// Prepares one rank that holds the whole model. Load its state before reading.
    public init(recipe: Recipe, kernels: KernelContext) throws(Diagnostic) {
        self.recipe = recipe.onOneRank(samples: 1)
        executor =
            recipe.numerics == .blas
            ? try Executor(recipe: self.recipe, fabric: LocalFabric(ranks: 1), kernels: kernels)
            : try Executor(parametersOf: self.recipe, kernels: kernels)
    }

    /// The executor whose state the caller loads.
    public var model: Executor { executor }
    /// Logits of one position: the padded vocabulary's.
    public var width: Int { recipe.model.paddedVocabulary }

    /// The logits of one sample, position by position.
    ///
    /// Throws `logits.tokens` when the sample is empty, longer than the recipe's sequence or has an id that the model lacks.
    public func logits(of tokens: [Int32]) throws(Diagnostic) -> [Float] {
        let model = recipe.model
        guard (1...model.sequenceLength).contains(tokens.count) else {
            throw Diagnostic(
                "logits.tokens", "a sample must fit the model's sequence",
                expected: "1 to \(model.sequenceLength) tokens",
                found: "\(tokens.count)")
        }
        if let token = tokens.first(where: { !(0..<model.paddedVocabulary).contains(Int($0)) }) {
            throw Diagnostic(
                "logits.tokens", "a sample has a token that the model does not know",
                expected: "0 to \(model.paddedVocabulary - 1)", found: "\(token)")
        }
        if executor.holdsParametersAlone {
            let count = tokens.count
            let reader = try ModelReader(
                executor, ReadingShape(rows: count, asked: count, texts: 1, positions: count, goesOn: false))
            try reader.read([TextPart(text: 0, tokens: tokens, asked: 0..<count, targets: tokens)])
            return (0..<count).flatMap { reader.logits($0) }
        }
        // No position sees a later one, so that what fills the rest changes nothing.
        _ = try executor.evaluate(
            StepInput(step: 1, learningRate: 0) { _, place in
                for t in 0..<place.count { place[t] = t < tokens.count ? tokens[t] : 0 }
            })
        guard let all = executor.copy(ofBuffer: "logits", rank: 0) else {
            throw Diagnostic("logits.missing", "the program keeps no logits", kind: .failure)
        }
        return Array(all.prefix(tokens.count * width))
    }
}

extension Recipe {
    /// The same model on one rank that takes so many samples at once.
    func onOneRank(samples: Int) -> Recipe {
        var single = self
        single.layout = Layout(microBatch: samples, zero: 0)
        single.batch.global = samples
        single.batch.rampUp = nil
        single.lanes = 1
        return single
    }
}
