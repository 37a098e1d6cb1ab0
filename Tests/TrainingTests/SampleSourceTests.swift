import Corpora
import Diagnostics
import Recipes
import Testing

@testable import Training

@Suite("Sample source")
struct SampleSourceTests {
    private func tokens(_ source: SampleSource, _ sample: Int) -> [Int32] {
        var tokens = [Int32](repeating: -1, count: 33)
        tokens.withUnsafeMutableBufferPointer { source.copy(sample: sample, into: $0) }
        return tokens
    }

    @Test("an epoch visits every window once, the next one all of them again in another order")
    func epochs() throws {
        let recipe = try TestData.recipe("nano")
        let corpus = try TestData.corpus()
        let source = try SampleSource(corpus: corpus, recipe: recipe)
        let windows = corpus.trainWindowCount(sequenceLength: 32)
        var all: [[Int32]] = []
        for window in 0..<windows {
            var tokens = [Int32](repeating: -1, count: 33)
            tokens.withUnsafeMutableBufferPointer { corpus.trainWindow(window, sequenceLength: 32, into: $0) }
            all.append(tokens)
        }
        let first = (0..<windows).map { tokens(source, $0) }
        let second = (windows..<2 * windows).map { tokens(source, $0) }
        func sorted(_ samples: [[Int32]]) -> [[Int32]] { samples.sorted { $0.lexicographicallyPrecedes($1) } }
        #expect(sorted(first) == sorted(all))
        #expect(sorted(second) == sorted(all))
        #expect(first != all)
        #expect(first != second)
    }

    @Test("the order is the seed's")
    func seed() throws {
        var recipe = try TestData.recipe("nano")
        let corpus = try TestData.corpus()
        let source = try SampleSource(corpus: corpus, recipe: recipe)
        let again = try SampleSource(corpus: corpus, recipe: recipe)
        recipe.seed = 43
        let other = try SampleSource(corpus: corpus, recipe: recipe)
        let samples = (0..<50).map { tokens(source, $0) }
        #expect(samples == (0..<50).map { tokens(again, $0) })
        #expect(samples != (0..<50).map { tokens(other, $0) })
    }

    @Test("a corpus that does not fit the model is refused")
    func refusals() throws {
        let corpus = try TestData.tinyCorpus()
        func code(_ change: (inout Recipe) -> Void) throws -> String? {
            var recipe = try TestData.recipe("nano")
            change(&recipe)
            return diagnostic { () throws(Diagnostic) in _ = try SampleSource(corpus: corpus, recipe: recipe) }?.code
        }
        #expect(try code { _ in } == nil)
        #expect(try code { $0.model.vocabulary = 256 } == "data.vocabulary")
        #expect(try code { $0.model.sequenceLength = corpus.trainTokenCount } == "data.too-small")
        #expect(try code { $0.model.sequenceLength = corpus.trainTokenCount - 1 } == nil)
    }
}
