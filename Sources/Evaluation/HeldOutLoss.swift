import Corpora
import Diagnostics
import Numerics
import Recipes

/// The model's loss on one language's held-out documents.
public struct HeldOutLoss: Sendable, Equatable {
    public var language: String
    public var samples: Int
    /// Target tokens and, among them, bytes of text (document ends are not bytes).
    public var tokens: Int
    public var bytes: Int
    /// Mean cross entropy per token, in nats.
    public var nats: Double
    /// The usual measure across tokenisers: all nats over ln 2, per byte of text.
    public var bitsPerByte: Double
}

/// Measures held-out loss per language, in canonical order: a float64 chain over each language's samples (A10).
public struct HeldOutEvaluation {
    private let corpus: any TokenSource
    private let sequenceLength: Int
    private let samplesPerLanguage: Int

    public init(corpus: any TokenSource, recipe: Recipe) {
        self.corpus = corpus
        sequenceLength = recipe.model.sequenceLength
        samplesPerLanguage = recipe.evaluation.samplesPerLanguage
    }

    /// Runs forward passes over at most `samplesPerLanguage` windows of each language that has held-out text.
    ///
    /// Every host must call it at the same step. The last batch is as small as its windows allow.
    public func run(on executor: Executor, step: Int) throws(Diagnostic) -> [HeldOutLoss] {
        let languages = corpus.languages
        let windows = languages.flatMap { language in
            let count = corpus.validationWindowCount(language: language, sequenceLength: sequenceLength)
            return (0..<min(count, samplesPerLanguage)).map { (language: language, index: $0) }
        }
        var sums = [Double](repeating: 0, count: languages.count)
        var samples = [Int](repeating: 0, count: languages.count)
        var bytes = samples
        let batch = executor.recipe.batch.global
        for start in stride(from: 0, to: windows.count, by: batch) {
            let losses = try executor.evaluate(
                StepInput(step: step, batch: min(batch, windows.count - start), learningRate: 0) { index, tokens in
                    let window = windows[start + index]
                    corpus.validationWindow(
                        language: window.language, index: window.index, sequenceLength: sequenceLength, into: tokens)
                })
            for (window, loss) in zip(windows[start...], losses) {
                guard let place = languages.firstIndex(of: window.language) else { continue }
                sums[place] += loss
                samples[place] += 1
                bytes[place] += textBytes(window.language, window.index)
            }
        }
        return languages.indices.filter { samples[$0] > 0 }.map { i in
            let tokens = samples[i] * sequenceLength
            return HeldOutLoss(
                language: languages[i], samples: samples[i], tokens: tokens, bytes: bytes[i],
                nats: sums[i] / Double(tokens),
                bitsPerByte: sums[i] / DefinedFunctions.logarithm(2) / Double(max(bytes[i], 1)))
        }
    }

    private func textBytes(_ language: String, _ index: Int) -> Int {
        var tokens = [Int32](repeating: 0, count: sequenceLength + 1)
        tokens.withUnsafeMutableBufferPointer {
            corpus.validationWindow(language: language, index: index, sequenceLength: sequenceLength, into: $0)
        }
        return corpus.textBytes(of: tokens.dropFirst())
    }
}
