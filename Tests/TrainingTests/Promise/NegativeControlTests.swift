import Corpora
import Recipes
import Testing

@testable import Training

/// What must change the digest: a test of equal bits proves nothing unless other runs have other bits.
@Suite("Negative controls")
struct NegativeControlTests {
    private static let steps = 5

    private func trace(changingDocument: Int? = nil, _ change: (inout Recipe) -> Void = { _ in }) throws
        -> BareRun.Trace
    {
        var recipe = try TestData.recipe("nano")
        change(&recipe)
        let corpus = try TestData.tinyCorpus(changing: changingDocument)
        // Five steps read every window, so a change anywhere in the training text is seen.
        try #require(
            corpus.trainWindowCount(sequenceLength: recipe.model.sequenceLength) <= Self.steps * recipe.batch.global)
        return try BareRun.trace(recipe, corpus: corpus, steps: Self.steps)
    }

    @Test("the same run twice is the same")
    func same() throws {
        #expect(try trace() == trace())
        // What does not decide the result does not change it.
        #expect(
            try trace()
                == trace {
                    $0.name = "another"
                    $0.digestEvery = 3
                    $0.checkpoint.everySteps = 1
                    $0.evaluation.everySteps = 2
                    $0.optimizer.trainSamples = 80
                })
    }

    @Test("another seed")
    func seed() throws { try expectAnother { $0.seed += 1 } }

    @Test("a changed learning rate", arguments: [1e-6, -1e-6])
    func learningRate(change: Double) throws { try expectAnother { $0.optimizer.learningRatePeak *= 1 + change } }

    @Test("a changed length of the decay, weight decay or clip")
    func optimizer() throws {
        try expectAnother { $0.optimizer.decaySamples += 16 }
        try expectAnother { $0.optimizer.weightDecay = 0.11 }
        try expectAnother { $0.optimizer.clip = 0.5 }
    }

    @Test("one changed letter in one document", arguments: 0..<4)
    func document(number: Int) throws {
        let (corpus, changed) = try (TestData.tinyCorpus(), TestData.tinyCorpus(changing: number))
        #expect(corpus.digest != changed.digest)
        let (one, other) = (tokens(corpus), tokens(changed))
        // A document held out in both corpora is not trained on.
        #expect(try (trace() == trace(changingDocument: number)) == (one == other))
    }

    @Test("some document's change reaches the training text")
    func reaches() throws {
        let corpus = tokens(try TestData.tinyCorpus())
        let seen = try (0..<4).filter { try tokens(TestData.tinyCorpus(changing: $0)) != corpus }
        #expect(seen.count >= 3)
    }

    private func expectAnother(_ change: (inout Recipe) -> Void) throws {
        let (one, other) = (try trace(), try trace(change))
        #expect(one.digest != other.digest)
        #expect(one.fingerprints != other.fingerprints)
    }

    private func tokens(_ corpus: Corpus) -> [[Int32]] {
        (0..<corpus.trainWindowCount(sequenceLength: 32)).map { window in
            var tokens = [Int32](repeating: 0, count: 33)
            tokens.withUnsafeMutableBufferPointer { corpus.trainWindow(window, sequenceLength: 32, into: $0) }
            return tokens
        }
    }
}
