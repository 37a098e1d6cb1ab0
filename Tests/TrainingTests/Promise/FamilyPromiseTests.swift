import Fabrics
import Numerics
import Recipes
import Testing

@testable import Training

/// The promise for Llama and GPT-2: the same bits for every layout, worker count and CPU path.
@Suite("The promise, other families")
struct FamilyPromiseTests {
    private static let steps = 4

    private static let llama = reference("nano-llama")
    private static let gpt2 = reference("nano-gpt2")

    private static func reference(_ name: String) -> Result<BareRun.Trace, any Error> {
        Result {
            try BareRun.trace(
                TestData.recipe(name).on(Layout(microBatch: 16, zero: 0)), corpus: TestData.corpus(), steps: steps)
        }
    }

    private func check(
        _ name: String, _ layout: Layout, instructionSet: KernelContext.InstructionSet? = nil, workers: Int = 1
    ) throws {
        let trace = try BareRun.trace(
            TestData.recipe(name).on(layout), corpus: TestData.corpus(), steps: Self.steps,
            instructionSet: instructionSet, workers: workers)
        #expect(try trace == (name == "nano-llama" ? Self.llama : Self.gpt2).get(), "\(name), \(layout)")
    }

    static let spread = [
        Layout(microBatch: 1), Layout(microBatch: 4, recompute: .full), Layout(tensor: 2, microBatch: 4, zero: 0),
        Layout(pipeline: 2, microBatch: 2), Layout(pipeline: 4, microBatch: 8, schedule: .gpipe),
        Layout(data: 2, microBatch: 4), Layout(data: 8, microBatch: 1), Layout(data: 4, microBatch: 2, zero: 0),
        Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2),
        Layout(tensor: 2, pipeline: 3, data: 4, microBatch: 1, zero: 0, recompute: .full),
        Layout(tensor: 2, pipeline: 4, data: 2, microBatch: 4, recompute: .full),
    ]

    @Test("layouts, micro-batches, recomputation and ZeRO stages", arguments: ["nano-llama", "nano-gpt2"], spread)
    func layouts(name: String, layout: Layout) throws { try check(name, layout) }

    @Test("the highest tensor degree of GPT-2")
    func tensor() throws { try check("nano-gpt2", Layout(tensor: 4, pipeline: 2, data: 2, microBatch: 2)) }

    @Test("workers and the scalar path", arguments: ["nano-llama", "nano-gpt2"])
    func paths(name: String) throws {
        try check(name, Layout(microBatch: 4), workers: 2)
        try check(name, Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2), workers: 3)
        try check(name, Layout(microBatch: 4), instructionSet: .scalar)
        try check(name, Layout(tensor: 2, pipeline: 2, microBatch: 1), instructionSet: .scalar, workers: 2)
    }

    @Test("a Llama whose head is the embedding's", arguments: [2, 4])
    func tied(pipeline: Int) throws {
        var recipe = try TestData.recipe("nano-llama")
        recipe.model.tiedHead = true
        let layouts = [
            Layout(microBatch: 16, zero: 0), Layout(tensor: 2, pipeline: pipeline, data: 2, microBatch: 4),
            Layout(pipeline: pipeline, data: 4, microBatch: 1, zero: 0),
        ]
        let traces = try layouts.map { try BareRun.trace(recipe.on($0), corpus: TestData.corpus(), steps: 2) }
        #expect(traces[1] == traces[0])
        #expect(traces[2] == traces[0])
    }

    @Test(
        "stopping after step 2 and going on with another layout, straight from a checkpoint",
        arguments: ["nano-llama", "nano-gpt2"],
        [
            (Layout(microBatch: 4, zero: 0), Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2)),
            (Layout(tensor: 2, pipeline: 4, data: 4, microBatch: 1), Layout(data: 2, microBatch: 8)),
        ])
    func resume(name: String, layouts: (first: Layout, second: Layout)) throws {
        let folder = try TemporaryFolder()
        let run = try folder.run()
        var recipe = try TestData.recipe(name)
        recipe.evaluation.samplesPerLanguage = 1
        func trainer(_ layout: Layout) throws -> Trainer {
            try Trainer(
                recipe: recipe.on(layout), corpus: TestData.corpus(), fabric: LocalFabric(ranks: layout.ranks),
                kernels: KernelContext(instructionSet: nil, workers: 1), folder: run)
        }
        let start = try trainer(layouts.first)
        start.initialize()
        #expect(try start.run(until: 2) { _ in }.step == 2)
        let rest = try trainer(layouts.second)
        try rest.resume(from: Checkpoint(run.checkpoint(2)))
        let end = try rest.run(until: Self.steps) { _ in }
        #expect(try end.digest == (name == "nano-llama" ? Self.llama : Self.gpt2).get().digest)
    }

    @Test("each choice of a Llama counts: queries' groups, base, stretching, head, seed")
    func control() throws {
        let changes: [(inout Recipe) -> Void] = [
            { _ in }, { $0.model.keyValueHeads = 4 }, { $0.model.rotaryBase = 500_000 }, { $0.model.tiedHead = true },
            {
                $0.model.rotaryScaling = .init(
                    factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 16)
            },
            { $0.seed += 1 },
        ]
        let digests = try changes.map { change in
            var recipe = try TestData.recipe("nano-llama").on(Layout(microBatch: 16))
            change(&recipe)
            return try BareRun.trace(recipe, corpus: TestData.corpus(), steps: 1).digest
        }
        #expect(Set(digests.map(\.description)).count == changes.count)
    }
}
