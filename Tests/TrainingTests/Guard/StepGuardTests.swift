import Corpora
import Fabrics
import Numerics
import Recipes
import Testing

@testable import Training

/// A withheld update leaves no trace in the state.
@Suite("Withheld updates")
struct StepGuardTests {
    private let executor: Executor
    private let source: SampleSource
    private let recipe: Recipe

    init() throws { try self.init(Layout(microBatch: 4)) }

    private init(_ layout: Layout) throws {
        recipe = try TestData.recipe("nano").on(layout)
        source = try SampleSource(corpus: TestData.corpus(), recipe: recipe)
        executor = try Executor(
            recipe: recipe, fabric: LocalFabric(ranks: layout.ranks),
            kernels: KernelContext(instructionSet: nil, workers: 1))
        executor.initialize()
    }

    /// Learns from the batch that begins with sample `first`, as update number `update`.
    @discardableResult
    private func step(_ step: Int, from first: Int, update: Int? = nil, _ stepGuard: StepGuard? = nil) throws
        -> StepOutcome
    {
        try executor.step(
            StepInput(step: step, learningRate: 0.01, update: update, stepGuard: stepGuard) { [source] index, tokens in
                source.copy(sample: first + index, into: tokens)
            })
    }

    private var tensors: [[[Float]]] { StateTensor.allCases.map(executor.wholeTensors) }

    static let layouts = [
        Layout(microBatch: 4), Layout(data: 2, microBatch: 2, zero: 0), Layout(data: 4, microBatch: 2),
        Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2),
    ]

    @Test("change neither parameters nor moments, and the run goes on as if the batch had not been", arguments: layouts)
    func noTrace(layout: Layout) throws {
        let with = try StepGuardTests(layout)
        let free = try with.step(1, from: 0)
        #expect(!free.isWithheld && free.updateSum != 0)
        let before = with.tensors
        let withheld = try with.step(2, from: 16, StepGuard(withholdsNonFinite: true, largestLoss: 0.5))
        #expect(withheld.isWithheld && withheld.updateSum == 0)
        #expect(withheld.loss > 0.5 && withheld.gradientNorm > 0)
        #expect(with.tensors == before)
        try with.step(3, from: 32, update: 2)
        let without = try StepGuardTests(layout)
        try without.step(1, from: 0)
        try without.step(2, from: 32)
        #expect(with.tensors == without.tensors)
        // The count of updates matters: with the step's own number AdamW would correct for an update too many.
        let wrong = try StepGuardTests(layout)
        try wrong.step(1, from: 0)
        try wrong.step(3, from: 32)
        #expect(wrong.tensors != without.tensors)
    }

    @Test("a guard that has nothing to say changes no bit")
    func silent() throws {
        let other = try StepGuardTests()
        let outcome = try other.step(1, from: 0, update: 1, StepGuard(withholdsNonFinite: true, largestLoss: 100))
        #expect(try outcome == step(1, from: 0))
        #expect(other.tensors == tensors)
    }

    @Test("the bounds are what they say")
    func bounds() {
        let both = StepGuard(withholdsNonFinite: true, largestLoss: 2)
        #expect(!both.withholds(loss: 2, gradientNorm: 1))
        #expect(both.withholds(loss: 2.0.nextUp, gradientNorm: 1))
        #expect(both.withholds(loss: .nan, gradientNorm: 1))
        #expect(both.withholds(loss: 1, gradientNorm: .infinity))
        let spikes = StepGuard(withholdsNonFinite: false, largestLoss: 2)
        #expect(!spikes.withholds(loss: .nan, gradientNorm: .nan))
        #expect(spikes.withholds(loss: .infinity, gradientNorm: 1))
    }
}
