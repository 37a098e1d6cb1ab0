import Fabrics
import Numerics
import Programs
import Recipes
import Testing

@testable import Training

/// The promise in bfloat16 (A1): one digest for every layout, and gradients that are float32's within its precision.
@Suite("The promise, bfloat16")
struct PrecisionPromiseTests {
    private static let steps = 3

    private static func recipe(_ name: String) throws -> Recipe {
        var recipe = try TestData.recipe(name)
        recipe.precision = .bfloat16
        return recipe
    }

    private static let references = ["nano", "nano-llama", "nano-gpt2"].map { name in
        (
            name,
            Result {
                try BareRun.trace(
                    recipe(name).on(Layout(microBatch: 16, zero: 0)), corpus: TestData.corpus(), steps: steps)
            }
        )
    }

    private func check(
        _ name: String, _ layout: Layout, instructionSet: KernelContext.InstructionSet? = nil, workers: Int = 1
    ) throws {
        let trace = try BareRun.trace(
            Self.recipe(name).on(layout), corpus: TestData.corpus(), steps: Self.steps, instructionSet: instructionSet,
            workers: workers)
        let reference = try #require(Self.references.first { $0.0 == name })
        #expect(try trace == reference.1.get(), "\(name), \(layout)")
    }

    static let spread = [
        Layout(microBatch: 1), Layout(microBatch: 4, recompute: .full), Layout(tensor: 2, microBatch: 4, zero: 0),
        Layout(tensor: 2, data: 2, microBatch: 4, sequenceParallel: true), Layout(pipeline: 2, microBatch: 2),
        Layout(pipeline: 2, interleave: 2, data: 2, microBatch: 2, schedule: .interleaved),
        Layout(data: 8, microBatch: 1), Layout(data: 4, microBatch: 2, zero: 2),
        Layout(tensor: 2, data: 4, microBatch: 1, zero: 3, recompute: .full),
        Layout(
            tensor: 2, pipeline: 2, interleave: 2, data: 2, microBatch: 2, schedule: .interleaved, zero: 3,
            sequenceParallel: true),
    ]

    @Test("layouts of every kind", arguments: ["nano", "nano-llama", "nano-gpt2"], spread)
    func layouts(name: String, layout: Layout) throws { try check(name, layout) }

    @Test("workers and the scalar path", arguments: ["nano", "nano-llama", "nano-gpt2"])
    func paths(name: String) throws {
        try check(name, Layout(microBatch: 4), workers: 3)
        try check(name, Layout(tensor: 2, pipeline: 2, microBatch: 2), instructionSet: .scalar, workers: 2)
    }

    @Test("gradients are float32's, but for rounding", arguments: ["nano", "nano-llama", "nano-gpt2"])
    func gradients(name: String) throws {
        let layout = Layout(microBatch: 4, zero: 0)
        func gradients(_ recipe: Recipe) throws -> [[Float]] {
            var run = try BareRun(recipe.on(layout), corpus: TestData.corpus())
            try run.run(steps: 1)
            return run.executor.wholeGradients()
        }
        let rounded = try gradients(Self.recipe(name))
        let exact = try gradients(TestData.recipe(name))
        let parameters = ModelParameters(try TestData.recipe(name).model).all
        for ((parameter, found), expected) in zip(zip(parameters, rounded), exact) {
            func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            let difference = norm(zip(found, expected).map { Double($0) - Double($1) })
            // 8 bits of precision through a few dozen roundings; the true gradient of keys' biases is nearly zero.
            let bound =
                parameter.name.contains("query_key_value.bias") || parameter.name.contains("c_attn.bias") ? 0.1 : 0.05
            #expect(difference < bound * norm(expected.map(Double.init)), "\(parameter.name)")
            #expect(difference > 0, "\(parameter.name) was not rounded anywhere")
        }
    }

    @Test("state stays float32 and goes on from a checkpoint on another layout")
    func resume() throws {
        let folder = try TemporaryFolder()
        let run = try folder.run()
        var recipe = try Self.recipe("nano")
        recipe.evaluation.samplesPerLanguage = 1
        func trainer(_ layout: Layout) throws -> Trainer {
            try Trainer(
                recipe: recipe.on(layout), corpus: TestData.corpus(), fabric: LocalFabric(ranks: layout.ranks),
                kernels: KernelContext(instructionSet: nil, workers: 1), folder: run)
        }
        let start = try trainer(Layout(tensor: 2, data: 4, microBatch: 2, zero: 3, sequenceParallel: true))
        start.initialize()
        #expect(try start.run(until: 2) { _ in }.step == 2)
        let rest = try trainer(Layout(pipeline: 2, microBatch: 4, zero: 0))
        try rest.resume(from: Checkpoint(run.checkpoint(2)))
        let end = try rest.run(until: Self.steps) { _ in }
        #expect(try end.digest == Self.references[0].1.get().digest)
    }
}
