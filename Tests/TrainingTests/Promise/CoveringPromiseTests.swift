import Fabrics
import Numerics
import Recipes
import Testing

@testable import Training

/// The promise over every choice of a layout at once: tensor, pipeline and data degree, chunks, micro-batch, ZeRO stage,
/// parts of the sequence, schedule and recomputation.
@Suite("The promise, every choice of a layout")
struct CoveringPromiseTests {
    private static let steps = 3

    private static func reference(_ name: String) -> Result<BareRun.Trace, any Error> {
        Result {
            try BareRun.trace(
                TestData.recipe(name).on(Layout(microBatch: 16, zero: 0)), corpus: TestData.corpus(), steps: steps)
        }
    }

    private func check(
        _ name: String, _ layouts: [Layout], instructionSet: KernelContext.InstructionSet? = nil, workers: Int = 1
    ) throws {
        let expected = try Self.reference(name).get()
        for layout in layouts {
            let trace = try BareRun.trace(
                TestData.recipe(name).on(layout), corpus: TestData.corpus(), steps: Self.steps,
                instructionSet: instructionSet, workers: workers)
            #expect(trace == expected, "\(name), \(layout)")
        }
    }

    @Test("any three choices of nano together, one digest")
    func triples() throws { try check("nano", CoveringLayouts.of(TestData.recipe("nano"), strength: 3)) }

    @Test("any two choices together, one digest", arguments: ["nano-llama", "nano-gpt2", "nano-6-heads"])
    func pairs(name: String) throws { try check(name, CoveringLayouts.of(TestData.recipe(name), strength: 2)) }

    @Test("the sample has what it promises, and every kind of layout")
    func covers() throws {
        let recipe = try TestData.recipe("nano")
        let (all, sample) = (CoveringLayouts.everyLayout(of: recipe), CoveringLayouts.of(recipe, strength: 3))
        #expect(sample.count < all.count / 4)
        for layout in all {
            #expect(
                sample.contains {
                    $0.pipeline == layout.pipeline && $0.schedule == layout.schedule && $0.zero == layout.zero
                })
            #expect(
                sample.contains {
                    $0.data == layout.data && $0.microBatch == layout.microBatch
                        && $0.sequenceParallel == layout.sequenceParallel
                })
        }
    }

    static let newer = [
        Layout(tensor: 2, data: 2, microBatch: 1, zero: 2, sequenceParallel: true),
        Layout(
            tensor: 2, pipeline: 2, interleave: 2, data: 4, microBatch: 1, schedule: .interleaved, zero: 3,
            sequenceParallel: true, recompute: .full),
    ]

    @Test("workers and the scalar path", arguments: ["nano", "nano-llama", "nano-gpt2"])
    func paths(name: String) throws {
        try check(name, Self.newer, workers: 3)
        try check(name, Self.newer, instructionSet: .scalar)
    }

    @Test("segments of several blocks, which shares cut", arguments: [2, 3])
    func blocks(zero: Int) throws {
        let expected = try BareRun.trace(
            TestData.twoSegments().on(Layout(microBatch: 16, zero: 0)), corpus: TestData.corpus(), steps: 2)
        for layout in [
            Layout(data: 2, microBatch: 1, zero: zero), Layout(data: 8, microBatch: 2, zero: zero),
            Layout(tensor: 2, pipeline: 2, data: 4, microBatch: 2, zero: zero, sequenceParallel: true),
        ] {
            let trace = try BareRun.trace(TestData.twoSegments().on(layout), corpus: TestData.corpus(), steps: 2)
            #expect(trace == expected, "\(layout)")
        }
    }

    @Test("six lanes: replicas that are legal with lanes side by side, and others with lanes in turns")
    func sixLanes() throws {
        var recipe = try TestData.recipe("nano")
        recipe.lanes = 6
        recipe.batch.global = 12
        func trace(_ layout: Layout) throws -> BareRun.Trace {
            try BareRun.trace(recipe.on(layout), corpus: TestData.corpus(), steps: 2)
        }
        let expected = try trace(Layout(microBatch: 12, zero: 0))
        for layout in [
            Layout(data: 3, microBatch: 4, zero: 1), Layout(data: 2, microBatch: 1, zero: 2),
            Layout(data: 2, microBatch: 2, zero: 3), Layout(tensor: 2, pipeline: 2, data: 6, microBatch: 1, zero: 3),
        ] {
            #expect(try trace(layout) == expected, "\(layout)")
        }
    }

    @Test("a Llama whose head is the embedding's", arguments: [2, 3])
    func tied(zero: Int) throws {
        var recipe = try TestData.recipe("nano-llama")
        recipe.model.tiedHead = true
        func trace(_ layout: Layout) throws -> BareRun.Trace {
            try BareRun.trace(recipe.on(layout), corpus: TestData.corpus(), steps: 2)
        }
        let expected = try trace(Layout(microBatch: 16, zero: 0))
        for layout in [
            Layout(tensor: 2, data: 4, microBatch: 1, zero: zero, sequenceParallel: true),
            Layout(pipeline: 4, data: 2, microBatch: 2, zero: zero),
            Layout(pipeline: 2, interleave: 2, data: 8, microBatch: 1, schedule: .interleaved, zero: zero),
        ] {
            #expect(try trace(layout) == expected, "\(layout)")
        }
    }

    @Test("no message is left over when a step is done", arguments: newer)
    func leftovers(layout: Layout) throws {
        var run = try BareRun(TestData.recipe("nano").on(layout), corpus: TestData.corpus())
        try run.run(steps: 2)
        #expect(run.fabric.messagesHeld == 0)
        #expect(run.fabric.bytesHeld == 0)
    }

    // MARK: Checkpoints

    /// Steps 1, 2 and 3 on a layout each, with a checkpoint between them.
    @Test(
        "from a checkpoint of one layout to another and back, one digest",
        arguments: ["nano", "nano-llama", "nano-gpt2"],
        [
            [
                Layout(data: 4, microBatch: 2, zero: 3), Layout(tensor: 2, pipeline: 2, microBatch: 8, zero: 0),
                Layout(pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved, zero: 3),
            ],
            [
                Layout(microBatch: 4), Layout(tensor: 2, pipeline: 3, data: 8, microBatch: 1, zero: 3),
                Layout(tensor: 2, data: 2, microBatch: 2, zero: 2, sequenceParallel: true),
            ],
        ])
    func resume(name: String, layouts: [Layout]) throws {
        let folder = try TemporaryFolder()
        let run = try folder.run()
        var recipe = try TestData.recipe(name)
        recipe.evaluation.samplesPerLanguage = 1
        var fingerprints: [String] = []
        var digest: String?
        for (index, layout) in layouts.enumerated() {
            let trainer = try Trainer(
                recipe: recipe.on(layout), corpus: TestData.corpus(), fabric: LocalFabric(ranks: layout.ranks),
                kernels: KernelContext(instructionSet: nil, workers: 1), folder: run)
            if index == 0 { trainer.initialize() } else { try trainer.resume(from: Checkpoint(run.checkpoint(index))) }
            let end = try trainer.run(until: index + 1) {
                if case .step(let record) = $0 { fingerprints.append(record.fingerprint) }
            }
            digest = end.digest.description
        }
        let expected = try Self.reference(name).get()
        #expect(fingerprints == expected.fingerprints)
        #expect(digest == expected.digest.description)
    }

    @Test("what decides a result is the same for every layout")
    func resultDigest() throws {
        let recipe = try TestData.recipe("nano")
        for layout in Self.newer { #expect(recipe.on(layout).resultDigest == recipe.resultDigest) }
    }
}
