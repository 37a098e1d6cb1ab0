import Fabrics
import Integrity
import Numerics
import Recipes
import Testing

@testable import Training

/// The promise: same recipe, code and data, same bits — for every layout, worker count and CPU path.
@Suite("The promise")
struct PromiseTests {
    private static let steps = 5

    /// nano on one rank, one micro-batch per step.
    private static let reference = Result {
        try BareRun.trace(
            TestData.recipe("nano").on(Layout(microBatch: 16, zero: 0)), corpus: TestData.corpus(), steps: steps)
    }

    private func check(
        _ layout: Layout, instructionSet: KernelContext.InstructionSet? = nil, workers: Int = 1
    ) throws {
        let trace = try BareRun.trace(
            TestData.recipe("nano").on(layout), corpus: TestData.corpus(), steps: Self.steps,
            instructionSet: instructionSet, workers: workers)
        #expect(try trace == Self.reference.get(), "\(layout)")
    }

    @Test(
        "every tensor × pipeline × data degree, micro-batch and ZeRO stage of nano", arguments: [1, 2, 4], [1, 2, 4])
    func layouts(tensor: Int, pipeline: Int) throws {
        for data in [1, 2, 4] {
            for microBatch in [1, 2, 4] {
                for zero in [0, 1] {
                    try check(
                        Layout(tensor: tensor, pipeline: pipeline, data: data, microBatch: microBatch, zero: zero))
                }
            }
        }
    }

    @Test(
        "the rarer legal layouts: unequal stages, one lane per rank, GPipe",
        arguments: [
            Layout(pipeline: 3, data: 2, microBatch: 4), Layout(tensor: 2, pipeline: 3, microBatch: 8, zero: 0),
            Layout(data: 8, microBatch: 1), Layout(tensor: 2, pipeline: 2, data: 8, microBatch: 2),
            Layout(pipeline: 2, microBatch: 1, schedule: .gpipe, zero: 0),
            Layout(tensor: 2, pipeline: 4, data: 2, microBatch: 2, schedule: .gpipe),
            Layout(tensor: 4, pipeline: 3, data: 4, microBatch: 1, schedule: .gpipe),
            Layout(microBatch: 4, recompute: .full), Layout(pipeline: 2, microBatch: 2, recompute: .selective),
            Layout(tensor: 2, pipeline: 4, data: 2, microBatch: 2, recompute: .full),
            Layout(tensor: 4, pipeline: 2, data: 4, microBatch: 1, schedule: .gpipe, recompute: .full),
        ])
    func rareLayouts(layout: Layout) throws { try check(layout) }

    @Test("any number of workers", arguments: [2, 3])
    func workers(count: Int) throws {
        try check(Layout(microBatch: 4), workers: count)
        try check(Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2), workers: count)
    }

    @Test("the scalar path")
    func scalar() throws {
        try check(Layout(microBatch: 4), instructionSet: .scalar)
        try check(Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 1), instructionSet: .scalar, workers: 2)
    }

    @Test("six heads, where ALiBi's slopes come from two sequences", arguments: [1, 2])
    func sixHeads(tensor: Int) throws {
        let recipe = try TestData.recipe("nano-6-heads")
        #expect(recipe.legalTensorDegrees == [1, 2])
        let expected = try Self.sixHeadsReference.get()
        for layout in [
            Layout(tensor: tensor, microBatch: 4), Layout(tensor: tensor, pipeline: 2, data: 2, microBatch: 4, zero: 0),
            Layout(tensor: tensor, pipeline: 4, data: 4, microBatch: 2), Layout(tensor: tensor, data: 4, microBatch: 1),
        ] {
            let trace = try BareRun.trace(recipe.on(layout), corpus: TestData.corpus(), steps: 3)
            #expect(trace == expected, "\(layout)")
        }
    }

    private static let sixHeadsReference = Result {
        try BareRun.trace(
            TestData.recipe("nano-6-heads").on(Layout(microBatch: 16, zero: 0)), corpus: TestData.corpus(), steps: 3)
    }

    @Test(
        "segments of several blocks, which ZeRO cuts",
        arguments: [
            Layout(data: 2, microBatch: 8), Layout(data: 8, microBatch: 2), Layout(tensor: 2, data: 4, microBatch: 4),
            Layout(tensor: 2, pipeline: 2, data: 8, microBatch: 1), Layout(data: 4, microBatch: 2, zero: 0),
        ])
    func blocks(layout: Layout) throws {
        #expect(layout.zero == 0 || layout.data > 1)
        let trace = try BareRun.trace(TestData.twoSegments().on(layout), corpus: TestData.corpus(), steps: 2)
        #expect(try trace == Self.twoSegmentsReference.get(), "\(layout)")
    }

    private static let twoSegmentsReference = Result {
        try BareRun.trace(
            TestData.twoSegments().on(Layout(microBatch: 16, zero: 0)), corpus: TestData.corpus(), steps: 2)
    }

    @Test(
        "stopping after step 2 and going on with another layout, straight from a checkpoint",
        arguments: [
            (Layout(microBatch: 4, zero: 0), Layout(tensor: 4, pipeline: 2, data: 2, microBatch: 2)),
            (Layout(tensor: 2, pipeline: 4, data: 4, microBatch: 1), Layout(data: 2, microBatch: 8)),
            (Layout(tensor: 4, data: 8, microBatch: 1), Layout(tensor: 2, pipeline: 3, microBatch: 2, zero: 0)),
        ])
    func resume(first: Layout, second: Layout) throws {
        let folder = try TemporaryFolder()
        let run = try folder.run()
        var recipe = try TestData.recipe("nano")
        recipe.evaluation.samplesPerLanguage = 1
        var fingerprints: [String] = []
        func trainer(_ layout: Layout) throws -> Trainer {
            try Trainer(
                recipe: recipe.on(layout), corpus: TestData.corpus(), fabric: LocalFabric(ranks: layout.ranks),
                kernels: KernelContext(instructionSet: nil, workers: 1), folder: run)
        }
        func observe(_ event: TrainingEvent) {
            if case .step(let record) = event { fingerprints.append(record.fingerprint) }
        }
        let start = try trainer(first)
        start.initialize()
        let pause = try start.run(until: 2, observe: observe)
        #expect(pause.step == 2)
        let rest = try trainer(second)
        try rest.resume(from: Checkpoint(run.checkpoint(2)))
        let end = try rest.run(until: 5, observe: observe)
        let expected = try Self.reference.get()
        #expect(end.digest == expected.digest)
        #expect(fingerprints == expected.fingerprints)
    }

    @Test("no message is left over when a step is done")
    func leftovers() throws {
        let layout = Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2)
        var run = try BareRun(TestData.recipe("nano").on(layout), corpus: TestData.corpus())
        try run.run(steps: 2)
        #expect(run.fabric.messagesHeld == 0)
        #expect(run.fabric.bytesHeld == 0)
        #expect(run.fabric.bytesHeldMost > 0)
    }
}
