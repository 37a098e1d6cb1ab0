import CKernels
import Diagnostics
import Fabrics
import Recipes

/// A training run on tokens drawn at random, whose steps are timed one by one.
public final class TrainingBenchmark {
    public let recipe: Recipe
    private let executor: Executor
    private var steps = 0

    /// Sets up all ranks of the recipe's layout in this process.
    public convenience init(
        recipe: Recipe, workers: Int, products: KernelContext.Products = .exact
    ) throws(Diagnostic) {
        try self.init(
            recipe: recipe, fabric: LocalFabric(ranks: recipe.layout.ranks), workers: workers, products: products)
    }

    /// Sets up the ranks that `fabric` places in this process; all its processes must make and step their own.
    public init(
        recipe: Recipe, fabric: any Fabric, workers: Int, products: KernelContext.Products = .exact
    ) throws(Diagnostic) {
        self.recipe = recipe
        let set = try KernelContext.environmentInstructionSet()
        let kernels = try KernelContext(instructionSet: set, workers: workers, products: products)
        executor = try Executor(recipe: recipe, fabric: fabric, kernels: kernels)
        executor.initialize()
    }

    /// Tokens of one step.
    public var tokensPerStep: Int { recipe.batch.global * recipe.model.sequenceLength }
    /// What the memory planner said the buffers take.
    public var plannedBytes: Int { executor.bufferBytes }
    /// What the kernels hold beside the planned buffers.
    public var scratchBytes: Int { executor.scratchBytes }

    /// Does a step; its seconds. The processes of a fabric begin it together.
    public func step() throws(Diagnostic) -> Double {
        steps += 1
        let input = input(steps)
        try executor.fabric.barrier()
        let started = ContinuousClock.now
        _ = try executor.step(input)
        return Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9
    }

    /// Where the time of `count` further steps goes.
    public func operations(steps count: Int) throws(Diagnostic) -> [OperationTimes.Entry] {
        let times = OperationTimes()
        executor.measureOperations(times)
        defer { executor.measureOperations(nil) }
        for _ in 0..<count { _ = try step() }
        return times.entries
    }

    /// Every call of every kernel in `count` further steps.
    public func kernels(steps count: Int) throws(Diagnostic) -> [OperationTimes.Kernel] {
        let times = OperationTimes(keepingCalls: true)
        executor.measureOperations(times)
        defer { executor.measureOperations(nil) }
        for _ in 0..<count { _ = try step() }
        return times.kernels
    }

    /// Tokens are drawn before the step, which only copies them.
    private func input(_ step: Int) -> StepInput {
        let vocabulary = Double(recipe.model.vocabulary)
        let length = recipe.model.sequenceLength + 1
        let drawn = (0..<recipe.batch.global * length).map { index in
            Int32(DefinedFunctions.uniform(seed: UInt64(step), purpose: 1 << 20, index: UInt64(index)) * vocabulary)
        }
        return StepInput(step: step, learningRate: 1e-4) { index, tokens in
            for t in 0..<tokens.count { tokens[t] = drawn[index * length + t] }
        }
    }
}
