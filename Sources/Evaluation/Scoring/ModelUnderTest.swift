import Corpora
import Diagnostics
import Fabrics
import Numerics
import Recipes
import Tokenizers

/// A trained model with the tokeniser of its training, ready to be asked for the likelihood of text.
///
/// Samples are taken several at a time; under `exact-1` that changes no bit of any of them, under `blas` one is taken at a time.
public final class ModelUnderTest {
    public let recipe: Recipe
    public let tokenizer: Tokenizer
    /// The token that begins and ends documents.
    public let documentEnd: TokenID
    /// What the model learnt from, where a task asks for it.
    public let source: (any TokenSource)?
    /// The languages' parts in training, as the recipe states them.
    let weighting: LanguageWeighting?
    /// The executor whose state the caller loads.
    public let executor: Executor

    /// Prepares one rank that holds the whole model. Load its state before asking.
    ///
    /// - Parameters:
    ///   - batch: samples that are taken at once; as many as fit some memory when `nil`.
    ///   - readsWholeSequences: whether each sample is filled up to the model's sequence, as it always is under `blas`. That
    ///     takes longer and changes no bit.
    ///
    /// Throws `evaluate.tokenizer` when the tokeniser has numbers that the model lacks.
    public init(
        recipe: Recipe, tokenizer: Tokenizer, documentEnd: TokenID, source: (any TokenSource)? = nil,
        weighting: LanguageWeighting? = nil, kernels: KernelContext, batch: Int? = nil,
        readsWholeSequences: Bool = false
    ) throws(Diagnostic) {
        let known = recipe.model.paddedVocabulary
        guard tokenizer.vocabularySize <= known, documentEnd < known else {
            throw Diagnostic(
                "evaluate.tokenizer", "the tokeniser \(tokenizer.name) is not the model's",
                expected: "at most \(known) tokens",
                found: "\(max(tokenizer.vocabularySize, Int(documentEnd) + 1))",
                remedy: "name the token files that the run learnt from with --corpus")
        }
        self.recipe = recipe.onOneRank(samples: recipe.samplesAtOnce(batch))
        self.tokenizer = tokenizer
        self.documentEnd = documentEnd
        self.source = source
        self.weighting = weighting
        executor =
            readsWholeSequences || recipe.numerics == .blas
            ? try Executor(recipe: self.recipe, fabric: LocalFabric(ranks: 1), kernels: kernels)
            : try Executor(parametersOf: self.recipe, kernels: kernels)
    }

    /// The longest sequence that the model sees, in tokens.
    public var sequenceLength: Int { recipe.model.sequenceLength }

    /// The tokens of a text; what looks like a special token in it is text.
    func tokens(_ text: String) -> [TokenID] {
        var tokens: [TokenID] = []
        tokenizer.encode(Array(text.utf8), into: &tokens, special: .asText)
        return tokens
    }

    /// The text of tokens; special tokens stand for none.
    func text(_ tokens: some Sequence<TokenID>) -> String {
        let bytes = tokens.filter { !tokenizer.isSpecial($0) }.flatMap { tokenizer.bytes(of: $0) ?? [] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Recipe {
    /// As many samples as are asked for; else sixteen, or as many as have logits of 256 MiB. Under `blas` one, whose products
    /// may differ with the number of rows.
    func samplesAtOnce(_ asked: Int?) -> Int {
        if numerics == .blas { return 1 }
        return max(1, asked ?? min(16, (1 << 28) / (4 * model.sequenceLength * model.paddedVocabulary)))
    }
}
