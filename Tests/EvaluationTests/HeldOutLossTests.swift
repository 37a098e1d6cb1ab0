import Corpora
import Evaluation
import Foundation
import Numerics
import Recipes
import Testing

@Suite("Held-out loss")
struct HeldOutLossTests {
    private func measure(_ recipe: Recipe, step: Int = 0) throws -> [HeldOutLoss] {
        try HeldOutEvaluation(corpus: TestModel.corpus(), recipe: recipe).run(
            on: TestModel.executor(recipe), step: step)
    }

    @Test("is the cross entropy of the logits, per token and per byte of text")
    func direct() throws {
        var recipe = try TestModel.recipe(Layout(microBatch: 1))
        recipe.evaluation.samplesPerLanguage = 3
        let losses = try measure(recipe)
        let executor = try TestModel.executor(recipe)
        #expect(losses.map(\.language) == (try TestModel.corpus().languages))
        for loss in losses {
            let windows = try (0..<loss.samples).map { try TestModel.window(loss.language, $0) }
            var nats = 0.0
            for window in windows {
                for (row, target) in zip(try executor.logits(window), window.dropFirst()) {
                    let values = row.map(Double.init)
                    let largest = values.max() ?? 0
                    nats += largest + log(values.reduce(0) { $0 + exp($1 - largest) }) - values[Int(target)]
                }
            }
            let targets = windows.flatMap { $0.dropFirst() }
            let bytes = targets.count { $0 != Corpus.documentEnd }
            #expect(loss.samples == 3)
            #expect(loss.tokens == 96)
            #expect(loss.bytes == bytes)
            #expect(abs(loss.nats - nats / 96) < 1e-6 * loss.nats)
            #expect(abs(loss.bitsPerByte - nats / Double(bytes) / log(2)) < 1e-6 * loss.bitsPerByte)
            // Untrained: near equal guesses over 264 ids.
            #expect(abs(loss.nats - log(264)) < 1)
        }
    }

    @Test("document ends are tokens, but no bytes of text")
    func documentEnds() throws {
        var recipe = try TestModel.recipe()
        recipe.evaluation.samplesPerLanguage = 1000
        let corpus = try TestModel.corpus()
        let losses = try measure(recipe)
        let ends = losses.reduce(0) { $0 + $1.tokens - $1.bytes }
        let counted = try losses.reduce(0) { sum, loss in
            try (0..<loss.samples).reduce(sum) { sum, window in
                sum + (try TestModel.window(loss.language, window).dropFirst().count { $0 == Corpus.documentEnd })
            }
        }
        #expect(ends == counted)
        #expect(ends > 0)
        for loss in losses {
            #expect(loss.samples == corpus.validationWindowCount(language: loss.language, sequenceLength: 32))
        }
    }

    @Test(
        "is the same to the last bit on every layout",
        arguments: [
            Layout(microBatch: 1), Layout(tensor: 4, microBatch: 4), Layout(pipeline: 4, microBatch: 2),
            Layout(data: 8, microBatch: 2), Layout(tensor: 2, pipeline: 3, data: 4, microBatch: 1, schedule: .gpipe),
            Layout(tensor: 4, data: 2, microBatch: 4, sequenceParallel: true), Layout(data: 4, microBatch: 2, zero: 2),
            Layout(pipeline: 2, interleave: 2, microBatch: 4, schedule: .interleaved),
            Layout(pipeline: 4, data: 8, microBatch: 1, zero: 3),
            Layout(
                tensor: 2, pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved, zero: 3,
                sequenceParallel: true, recompute: .full),
        ])
    func layouts(layout: Layout) throws {
        // Two windows of each of the ten languages: the second batch of 16 is ragged.
        var (one, other) = try (TestModel.recipe(), TestModel.recipe(layout))
        one.evaluation.samplesPerLanguage = 2
        other.evaluation.samplesPerLanguage = 2
        let losses = try measure(one)
        #expect(losses.reduce(0) { $0 + $1.samples } % 16 != 0)
        #expect(try measure(other) == losses)
    }

    @Test("the samples that fill up the last batch do not count")
    func ragged() throws {
        var recipe = try TestModel.recipe()
        recipe.evaluation.samplesPerLanguage = 2
        let executor = try TestModel.executor(recipe)
        for loss in try measure(recipe) {
            var nats = 0.0
            for index in 0..<loss.samples {
                let window = try TestModel.window(loss.language, index)
                nats += try executor.evaluate(
                    StepInput(step: 1, learningRate: 0) { _, tokens in _ = tokens.update(fromContentsOf: window) })[0]
            }
            #expect(loss.nats == nats / Double(loss.tokens), "\(loss.language)")
        }
    }

    @Test(
        "measuring changes nothing: the next step's numbers are the same",
        arguments: [
            Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2),
            Layout(
                pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved, zero: 3),
        ])
    func noTrace(layout: Layout) throws {
        let recipe = try TestModel.recipe(layout)
        let window = try TestModel.window("en", 0)
        let input = StepInput(step: 1, learningRate: 1e-3) { index, tokens in
            for t in tokens.indices { tokens[t] = window[(t + index) % window.count] }
        }
        let (measured, plain) = try (TestModel.executor(recipe), TestModel.executor(recipe))
        _ = try HeldOutEvaluation(corpus: TestModel.corpus(), recipe: recipe).run(on: measured, step: 0)
        for _ in 0..<2 {
            #expect(try measured.step(input) == plain.step(input))
            _ = try HeldOutEvaluation(corpus: TestModel.corpus(), recipe: recipe).run(on: measured, step: 1)
        }
    }
}
