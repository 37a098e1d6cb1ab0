import Recipes
import Testing

@testable import Training

/// A batch that grows: every step of every size keeps the promise.
@Suite("Batch ramp-up")
struct RampUpTests {
    /// nano with batches of 8, 12 and 16 samples over its first 48 samples: 8 8 8, then 12 12, then 16 …
    private static func recipe(_ layout: Layout, start: Int = 8) throws -> Recipe {
        var recipe = try TestData.recipe("nano")
        recipe.batch = .init(global: 16, rampUp: .init(start: start, increment: 4, samples: 48))
        recipe.lanes = 4
        recipe.optimizer.trainSamples = 96
        return recipe.on(layout)
    }

    private static func run(_ layout: Layout, start: Int = 8) throws -> (steps: [StepRecord], end: TrainingEnd) {
        let folder = try TemporaryFolder()
        let recipe = try recipe(layout, start: start)
        let nano = try NanoTrainer(RunFolder(folder["run"]), layout: layout) { $0 = recipe }
        nano.trainer.initialize()
        let end = try nano.run(until: 100)
        let steps = nano.events.compactMap { if case .step(let record) = $0 { record } else { nil } }
        return (steps, end)
    }

    private static let reference = Result { try run(Layout(zero: 0)) }

    @Test("steps take the sizes of the ramp, and the run ends with its last sample")
    func sizes() throws {
        let (steps, end) = try Self.reference.get()
        #expect(steps.map { $0.stepTokens / 32 } == [8, 8, 8, 12, 12, 16, 16, 16])
        #expect(end.samples == 96)
        #expect(try Self.recipe(Layout()).plannedSteps == 8)
    }

    @Test(
        "any layout, the same bits",
        arguments: [
            Layout(microBatch: 4), Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2),
            Layout(pipeline: 4, data: 4, microBatch: 1), Layout(tensor: 4, data: 2, microBatch: 2, zero: 0),
            Layout(pipeline: 2, data: 2, microBatch: 2, schedule: .gpipe, recompute: .full),
            Layout(pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved),
            Layout(tensor: 2, pipeline: 2, data: 4, microBatch: 1, zero: 2, sequenceParallel: true),
            Layout(data: 4, microBatch: 1, zero: 3), Layout(pipeline: 3, data: 2, microBatch: 1, zero: 3),
        ])
    func layouts(layout: Layout) throws {
        let (steps, end) = try Self.run(layout)
        let (expected, expectedEnd) = try Self.reference.get()
        #expect(steps.map(\.fingerprint) == expected.map(\.fingerprint))
        #expect(end.digest == expectedEnd.digest)
    }

    /// Batches of 4, 8, 12 and 16 samples in four lanes: a micro-batch of one sample is a lane at first, later a part of it.
    @Test(
        "a lane with one micro-batch in the first batch and several later",
        arguments: [
            Layout(data: 4, microBatch: 1, zero: 2), Layout(data: 2, microBatch: 1, zero: 3),
            Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 1, zero: 2, sequenceParallel: true),
            Layout(
                tensor: 2, pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved, zero: 3,
                sequenceParallel: true),
        ])
    func lanes(layout: Layout) throws {
        let (steps, end) = try Self.run(layout, start: 4)
        let (expected, expectedEnd) = try Self.fromFour.get()
        #expect(Set(expected.map(\.stepSamples)) == [4, 8, 12, 16])
        #expect(steps.map(\.fingerprint) == expected.map(\.fingerprint))
        #expect(end.digest == expectedEnd.digest)
    }

    private static let fromFour = Result { try run(Layout(zero: 0), start: 4) }
}
