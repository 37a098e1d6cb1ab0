import Corpora
import Diagnostics
import Recipes

/// The samples of a run: a pure function of (corpus, seed, samples consumed), whatever the layout (A13).
public struct SampleSource: Sendable {
    public let corpus: Corpus
    private let order: SampleOrder
    private let sequenceLength: Int

    /// Throws when the corpus and the recipe do not fit: other vocabulary, or too little text for one sample.
    public init(corpus: Corpus, recipe: Recipe) throws(Diagnostic) {
        let sequence = recipe.model.sequenceLength
        guard corpus.vocabulary <= recipe.model.vocabulary else {
            throw Diagnostic(
                "data.vocabulary", "the corpus has more token ids than the model", at: .init(file: corpus.folder),
                expected: "at most \(recipe.model.vocabulary)", found: "\(corpus.vocabulary)",
                remedy: "use a recipe whose model.vocabulary is \(corpus.vocabulary) or more")
        }
        let windows = corpus.trainWindowCount(sequenceLength: sequence)
        guard windows > 0 else {
            throw Diagnostic(
                "data.too-small", "the corpus is too small for one sample", at: .init(file: corpus.folder),
                expected: "at least \(sequence + 1) training tokens", found: "\(corpus.trainTokenCount)")
        }
        self.corpus = corpus
        order = SampleOrder(windows: windows, seed: recipe.seed)
        sequenceLength = sequence
    }

    /// Copies the tokens of the run's sample number `sample`, counted from 0.
    public func copy(sample: Int, into tokens: UnsafeMutableBufferPointer<Int32>) {
        corpus.trainWindow(order.window(ofSample: sample), sequenceLength: sequenceLength, into: tokens)
    }
}
