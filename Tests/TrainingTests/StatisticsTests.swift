import Numerics
import Programs
import Recipes
import Testing
import Training

/// The float64 numbers of a step, bit for bit as rules A10 and A11 of the arithmetic contract order their sums.
@Suite("Statistics of a step")
struct StatisticsTests {
    /// A run on one rank that is about to take its second step: all gradients and changes are then far from zero.
    private func run() throws -> BareRun {
        var run = try BareRun(TestData.twoSegments().on(Layout(microBatch: 2, zero: 0)), corpus: TestData.corpus())
        try run.run(steps: 1)
        return run
    }

    private func bits(_ fingerprint: String) -> [UInt64] {
        fingerprint.split(separator: "-").compactMap { UInt64($0, radix: 16) }
    }

    /// A rule's sum of one value per element: 16 strided chains and a tree of 16 in each block of 4,096 elements; then
    /// blocks, segments and parameters one after another.
    private func sum(_ tensors: [[Double]], _ recipe: Recipe) -> Double {
        var total = 0.0
        for (spec, values) in zip(ModelParameters(recipe.model).all, tensors) {
            let segment = spec.count / (spec.sharding == .rows ? recipe.segments : 1)
            var parameter = 0.0
            for start in stride(from: 0, to: spec.count, by: segment) {
                let blocks = stride(from: start, to: start + segment, by: 4096).map { block in
                    blockSum(values[block..<min(block + 4096, start + segment)])
                }
                parameter += blocks.reduce(0, +)
            }
            total += parameter
        }
        return total
    }

    private func blockSum(_ values: ArraySlice<Double>) -> Double {
        var chains = [Double](repeating: 0, count: 16)
        for (i, value) in values.enumerated() { chains[i % 16] += value }
        while chains.count > 1 {
            chains = stride(from: 0, to: chains.count, by: 2).map { chains[$0] + chains[$0 + 1] }
        }
        return chains[0]
    }

    @Test("the gradient's norm is the rule's sum of squares, rooted")
    func norm() throws {
        var run = try run()
        try run.run(steps: 1)
        let squares = run.executor.wholeGradients().map { $0.map { Double($0) * Double($0) } }
        let recipe = run.executor.recipe
        #expect(bits(run.fingerprints[1])[1] == sum(squares, recipe).squareRoot().bitPattern)
        // A sum in another order is another number.
        #expect(squares.joined().reduce(0, +).squareRoot() != sum(squares, recipe).squareRoot())
    }

    @Test("the update sum is the rule's sum of the parameters' changes")
    func updates() throws {
        var run = try run()
        let before = run.executor.wholeTensors()
        try run.run(steps: 1)
        let changes = zip(before, run.executor.wholeTensors()).map { zip($0, $1).map { Double($1) - Double($0) } }
        let recipe = run.executor.recipe
        #expect(bits(run.fingerprints[1])[2] == sum(changes, recipe).bitPattern)
        #expect(changes.joined().reduce(0, +) != sum(changes, recipe))
    }

    @Test("the loss is one chain over the samples' losses, in their order")
    func loss() throws {
        var run = try run()
        let recipe = run.executor.recipe
        let source = try SampleSource(corpus: TestData.corpus(), recipe: recipe)
        let losses = try run.executor.evaluate(
            StepInput(step: 2, learningRate: 0) { index, tokens in source.copy(sample: 16 + index, into: tokens) })
        try run.run(steps: 1)
        #expect(bits(run.fingerprints[1])[0] == (losses.reduce(0, +) / 512).bitPattern)
    }
}
