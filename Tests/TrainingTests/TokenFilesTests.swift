import Corpora
import Diagnostics
import Recipes
import Testing

@testable import Training

/// Training on token files keeps the promise, and refuses files that do not fit the recipe.
@Suite("Token files")
struct TokenFilesTests {
    private let folder: TemporaryFolder
    private let tokens: TokenCorpus

    init() throws {
        folder = try TemporaryFolder()
        let texts = CorpusSource(path: TestData.repository + "/fixtures/corpus")
        try CorpusBuilder.build(sources: [texts], output: folder["corpus"])
        try TokenBuilder(corpus: folder["corpus"], tokenizer: "bytes", prefix: folder["small"]).build()
        tokens = try TokenCorpus.open(folder["small.json"])
    }

    private func trace(_ layout: Layout, _ change: (inout Recipe) -> Void = { _ in }) throws -> BareRun.Trace {
        var recipe = try TestData.recipe("nano").on(layout)
        change(&recipe)
        return try BareRun.trace(recipe, corpus: tokens, steps: 3)
    }

    @Test("the same bits on every layout")
    func layouts() throws {
        let reference = try trace(Layout(microBatch: 16))
        for layout in [
            Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2), Layout(data: 8, microBatch: 1),
            Layout(tensor: 4, pipeline: 3, microBatch: 4, zero: 0),
        ] {
            #expect(try trace(layout) == reference, "\(layout)")
        }
    }

    @Test("weights decide what is learned, and are part of the recipe's digest")
    func weights() throws {
        let languages = tokens.languages
        let even = try trace(Layout(microBatch: 16)) { $0.data.samplingExponent = 0 }
        let given = try trace(Layout(microBatch: 16)) { recipe in
            recipe.data.weights = Dictionary(uniqueKeysWithValues: languages.map { ($0, 0.5) })
        }
        #expect(given == even)
        #expect(try trace(Layout(microBatch: 16)) != even)
        let recipe = try TestData.recipe("nano")
        var weighted = recipe
        weighted.data.samplingExponent = 0
        #expect(weighted.resultDigest != recipe.resultDigest)
    }

    @Test("files that do not fit the recipe are refused")
    func refusals() throws {
        func code(_ change: (inout Recipe) -> Void) throws -> String? {
            var recipe = try TestData.recipe("nano")
            change(&recipe)
            return diagnostic { () throws(Diagnostic) in _ = try SampleSource(corpus: tokens, recipe: recipe) }?.code
        }
        #expect(try code { _ in } == nil)
        #expect(try code { $0.model.vocabulary = 256 } == "data.vocabulary")
        #expect(try code { $0.data.tokenizer = "bpe" } == "data.tokenizer")
        #expect(try code { $0.model.sequenceLength = 1 << 20 } == "data.too-small")
        #expect(try code { $0.data.weights = ["fr": 1] } == "weights.missing")
    }
}
