import Corpora
import Diagnostics
import Fabrics
import Foundation
import Numerics
import Recipes

@testable import Evaluation

/// The model and the corpus that the tests measure: nano with its initial weights, on the text that comes with Serre.
enum TestModel {
    /// The root of the repository that this source file lies in.
    static let repository = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        .path(percentEncoded: false)

    static func recipe(_ layout: Layout = Layout(microBatch: 16)) throws -> Recipe {
        var recipe = try Recipe.load("\(repository)/fixtures/recipes/nano.yaml")
        recipe.layout = layout
        try recipe.validate()
        return recipe
    }

    static func executor(_ recipe: Recipe) throws -> Executor {
        let executor = try Executor(recipe: recipe, fabric: LocalFabric(ranks: recipe.layout.ranks), kernels: kernels())
        executor.initialize()
        return executor
    }

    /// Nano with its initial weights, with the corpus, ready to be examined.
    static func underTest(batch: Int? = nil, source: (any TokenSource)? = nil) throws -> ModelUnderTest {
        let model = try ModelUnderTest(
            recipe: recipe(), tokenizer: .bytes, documentEnd: Int32(Corpus.documentEnd), source: source,
            kernels: kernels(), batch: batch)
        model.executor.initialize()
        return model
    }

    static func kernels() throws -> KernelContext { try KernelContext(instructionSet: nil, workers: 1) }

    static func corpus() throws -> Corpus { try shipped.get() }

    private static let shipped = Result {
        let folder = NSTemporaryDirectory() + "/evaluation-tests-" + UUID().uuidString
        // The shards stay readable when their names are gone.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try CorpusBuilder.build(sources: [CorpusSource(path: "\(repository)/fixtures/corpus")], output: folder)
        return try Corpus.open(folder)
    }

    /// A held-out window's tokens, the last target included.
    static func window(_ language: String, _ index: Int, sequenceLength: Int = 32) throws -> [Int32] {
        var tokens = [Int32](repeating: -1, count: sequenceLength + 1)
        let corpus = try corpus()
        tokens.withUnsafeMutableBufferPointer {
            corpus.validationWindow(language: language, index: index, sequenceLength: sequenceLength, into: $0)
        }
        return tokens
    }
}

extension Executor {
    /// The logits of every position of `tokens`, which fills all samples of the batch.
    func logits(_ tokens: [Int32]) throws -> [[Float]] {
        _ = try evaluate(
            StepInput(step: 1, learningRate: 0) { _, place in
                for t in place.indices { place[t] = t < tokens.count ? tokens[t] : 0 }
            })
        let (all, width) = (copy(ofBuffer: "logits", rank: 0) ?? [], recipe.model.paddedVocabulary)
        return (0..<recipe.model.sequenceLength).map { Array(all[$0 * width..<($0 + 1) * width]) }
    }
}

/// The diagnostic that `body` throws; `nil` if it throws none.
func diagnostic(_ body: () throws(Diagnostic) -> Void) -> Diagnostic? {
    do throws(Diagnostic) {
        try body()
        return nil
    } catch {
        return error
    }
}
