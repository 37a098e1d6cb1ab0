import Diagnostics
import Testing

@testable import Recipes

@Suite("Batch ramp-up") struct BatchPhaseTests {
    @Test("BLOOM 176B: 116 increments, the full batch after about 12,657 steps")
    func bloom() throws {
        let recipe = try Recipe.load("bloom-176b")
        let phases = BatchPhase.phases(recipe.batch, trainSamples: recipe.optimizer.trainSamples)
        #expect(phases.count == 117)
        #expect(phases.first?.batch == 192)
        #expect(phases.last?.batch == 2048)
        let ramp = phases.dropLast()
        #expect(abs(ramp.reduce(0) { $0 + $1.steps } - 12_657) <= 58)
        #expect(zip(phases, phases.dropFirst()).allSatisfy { $1.batch - $0.batch == 16 })
        let samples = phases.reduce(0) { $0 + $1.steps * $1.batch }
        #expect(samples >= recipe.optimizer.trainSamples)
        #expect(samples < recipe.optimizer.trainSamples + 2048)
    }

    @Test("Without a ramp, whole steps up to the samples")
    func plain() {
        #expect(BatchPhase.phases(.init(global: 16), trainSamples: 160) == [.init(batch: 16, steps: 10)])
        #expect(BatchPhase.phases(.init(global: 16), trainSamples: 161) == [.init(batch: 16, steps: 11)])
    }

    @Test("A run that was made longer has more steps, and the same result's schedule")
    func longer() throws {
        var recipe = try Recipe.load("nano")
        #expect(recipe.plannedSteps == 10 && recipe.optimizer.endSamples == 160)
        recipe.optimizer.extendedSamples = 200
        try recipe.validate()
        #expect(recipe.plannedSteps == 13 && recipe.plannedSamples == 208)
        #expect(try Recipe.parse(recipe.yaml) == recipe)
        recipe.optimizer.extendedSamples = 160
        #expect(throws: Diagnostic.self) { try recipe.validate() }
        #expect(try !Recipe.load("nano").yaml.contains("extended_samples"))
    }

    @Test("A ramp that starts at the global batch is none", arguments: [4, 16, 24])
    func nothingToGrow(increment: Int) throws {
        let batch = Recipe.Batch(global: 16, rampUp: .init(start: 16, increment: increment, samples: 48))
        #expect(BatchPhase.phases(batch, trainSamples: 160) == [.init(batch: 16, steps: 10)])
        #expect(batch.sizes == [16])
        #expect(batch.size(afterSamples: 0) == 16)
        var recipe = try Recipe.load("nano")
        recipe.batch = batch
        // Nothing grows by the increment: neither lanes nor replicas need divide it.
        try recipe.validate()
        #expect(recipe.legalMicroBatches(data: 4) == [1, 2, 4])
        #expect(Recipe.defaultLanes(for: batch) == 8)
    }

    @Test("A run that ends inside the ramp, and a part shorter than one of its steps")
    func short() {
        let batch = Recipe.Batch(global: 32, rampUp: .init(start: 8, increment: 8, samples: 60))
        // Parts of 20 samples: three steps of 8, one of 16, and the third part is over after one of 24.
        #expect(
            BatchPhase.phases(batch, trainSamples: 100)
                == [
                    .init(batch: 8, steps: 3), .init(batch: 16, steps: 1), .init(batch: 24, steps: 1),
                    .init(batch: 32, steps: 2),
                ])
        #expect(BatchPhase.phases(batch, trainSamples: 30) == [.init(batch: 8, steps: 3), .init(batch: 16, steps: 1)])
        let jumpy = Recipe.Batch(global: 32, rampUp: .init(start: 8, increment: 8, samples: 3))
        #expect(
            BatchPhase.phases(jumpy, trainSamples: 64) == [.init(batch: 8, steps: 1), .init(batch: 32, steps: 2)])
    }
}
