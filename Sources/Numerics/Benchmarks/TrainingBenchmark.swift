import CKernels
import Diagnostics
import Fabrics
import Foundation
import Recipes

/// Measures whole training steps on this machine: `exact-1` and `blas` take turns, and memory against the plan.
public struct TrainingBenchmark {
    public struct Result: Sendable {
        /// Median target tokens per second.
        public var exactTokensPerSecond, blasTokensPerSecond: Double
        /// Bytes by which the process grew while the `exact-1` run was set up and did its first step.
        public var residentBytes: Int
        /// What the memory planner said the buffers take.
        public var plannedBytes: Int
    }

    private let recipe: Recipe
    private let workers: Int

    /// `recipe` is trained on tokens drawn at random.
    public init(recipe: Recipe, workers: Int) {
        self.recipe = recipe
        self.workers = workers
    }

    /// Runs `steps` steps of each kind in turns, after one that warms up.
    public func run(steps: Int) throws(Diagnostic) -> Result {
        let before = residentBytes()
        let exact = try executor(blas: false)
        _ = try exact.step(input(1))
        let grown = residentBytes() - before
        let blas = try executor(blas: true)
        _ = try blas.step(input(1))
        var seconds: [[Double]] = [[], []]
        for step in 2..<(2 + steps) {
            for (way, executor) in [exact, blas].enumerated() {
                let started = ContinuousClock.now
                _ = try executor.step(input(step))
                seconds[way].append(Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9)
            }
        }
        let tokens = Double(recipe.batch.global * recipe.model.sequenceLength)
        return Result(
            exactTokensPerSecond: tokens / median(seconds[0]), blasTokensPerSecond: tokens / median(seconds[1]),
            residentBytes: grown, plannedBytes: exact.bufferBytes)
    }

    private func executor(blas: Bool) throws(Diagnostic) -> Executor {
        let kernels = try KernelContext(instructionSet: nil, workers: workers, products: blas ? .fastestBLAS : .exact)
        let executor = try Executor(recipe: recipe, fabric: LocalFabric(ranks: recipe.layout.ranks), kernels: kernels)
        executor.initialize()
        return executor
    }

    private func input(_ step: Int) -> StepInput {
        let vocabulary = Double(recipe.model.vocabulary)
        let length = recipe.model.sequenceLength + 1
        return StepInput(step: step, learningRate: 1e-4) { index, tokens in
            for t in 0..<tokens.count {
                let draw = DefinedFunctions.uniform(
                    seed: UInt64(step), purpose: 1 << 20, index: UInt64(index * length + t))
                tokens[t] = Int32(draw * vocabulary)
            }
        }
    }

    /// Bytes of memory that the kernel says this process holds.
    private func residentBytes() -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = status.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
