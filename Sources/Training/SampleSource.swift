import Corpora
import Diagnostics
import Recipes

/// The samples of a run: a pure function of (corpus, weights, seed, samples consumed), whatever the layout (A13).
public struct SampleSource: Sendable {
    public let corpus: any TokenSource
    private let samples: any SampleSequence

    /// Throws when the corpus and the recipe do not fit: another tokeniser or vocabulary, weights that are not of its
    /// languages, or too little text for one sample.
    public init(corpus: any TokenSource, recipe: Recipe) throws(Diagnostic) {
        try Self.checkTokens(corpus, recipe)
        self.corpus = corpus
        samples = try corpus.samples(
            sequenceLength: recipe.model.sequenceLength, seed: recipe.seed, weighting: recipe.data.weighting)
    }

    private static func checkTokens(_ corpus: any TokenSource, _ recipe: Recipe) throws(Diagnostic) {
        guard corpus.vocabulary <= recipe.model.vocabulary else {
            throw Diagnostic(
                "data.vocabulary", "the corpus has more token ids than the model", at: .init(file: corpus.place),
                expected: "at most \(recipe.model.vocabulary)", found: "\(corpus.vocabulary)",
                remedy: "use a recipe whose model.vocabulary is \(corpus.vocabulary) or more")
        }
        let isBytes = corpus.isOfBytes
        guard isBytes == (recipe.data.tokenizer == "bytes") else {
            throw Diagnostic(
                "data.tokenizer", "the recipe's data.tokenizer is not what the corpus was made with",
                at: .init(file: corpus.place), expected: isBytes ? "bytes" : "any name but bytes, such as bpe",
                found: recipe.data.tokenizer, remedy: "pass --set data.tokenizer=\(isBytes ? "bytes" : "bpe")")
        }
    }

    /// Copies the tokens of the run's sample number `sample`, counted from 0.
    public func copy(sample: Int, into tokens: UnsafeMutableBufferPointer<Int32>) {
        samples.copy(sample: sample, into: tokens)
    }

    /// How many of the first `samples` samples are from each language, and how many make an epoch of it.
    public func visits(ofFirst samples: Int) -> [LanguageVisits] { self.samples.visits(ofFirst: samples) }
}

extension Recipe.DataSource {
    /// The languages' parts in training, if the recipe states them.
    public var weighting: LanguageWeighting? {
        if let weights { return .given(weights) }
        return samplingExponent.map { .tokens(exponent: $0) }
    }
}
