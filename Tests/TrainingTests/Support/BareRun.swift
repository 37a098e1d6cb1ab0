import Corpora
import Fabrics
import Integrity
import Numerics
import Programs
import Recipes

@testable import Training

/// A training run reduced to what decides its bits: no files, no evaluation, no events.
struct BareRun {
    let executor: Executor
    let fabric: LocalFabric
    private let source: SampleSource
    private(set) var step = 0
    private(set) var fingerprints: [String] = []

    /// What a run computed: the fingerprint of every step, and the digest of the state after the last.
    struct Trace: Equatable {
        var fingerprints: [String]
        var digest: Digest
    }

    /// Prepares a run from the recipe's seed.
    init(
        _ recipe: Recipe, corpus: any TokenSource, instructionSet: KernelContext.InstructionSet? = nil, workers: Int = 1
    ) throws {
        try recipe.validate()
        source = try SampleSource(corpus: corpus, recipe: recipe)
        fabric = try LocalFabric(ranks: recipe.layout.ranks)
        executor = try Executor(
            recipe: recipe, fabric: fabric, kernels: KernelContext(instructionSet: instructionSet, workers: workers))
        executor.initialize()
    }

    mutating func run(steps: Int) throws {
        let recipe = executor.recipe
        for _ in 0..<steps {
            let first = step * recipe.batch.global
            let rate = recipe.optimizer.learningRate(atSamples: first + recipe.batch.global)
            let outcome = try executor.step(
                StepInput(step: step + 1, learningRate: rate) { [source] index, tokens in
                    source.copy(sample: first + index, into: tokens)
                })
            step += 1
            fingerprints.append(StepRecord(outcome: outcome).fingerprint)
        }
    }

    func digest() throws -> StateDigest {
        try StateDigest(of: executor, step: step, samples: step * executor.recipe.batch.global)
    }

    /// Runs a recipe for some steps and tells what it computed.
    static func trace(
        _ recipe: Recipe, corpus: any TokenSource, steps: Int, instructionSet: KernelContext.InstructionSet? = nil,
        workers: Int = 1
    ) throws -> Trace {
        var run = try BareRun(recipe, corpus: corpus, instructionSet: instructionSet, workers: workers)
        try run.run(steps: steps)
        return Trace(fingerprints: run.fingerprints, digest: try run.digest().root)
    }
}

extension StepRecord {
    /// A record of nothing but its outcome.
    fileprivate init(outcome: StepOutcome) {
        self.init(
            step: 0, samples: 0, tokens: 0, outcome: outcome, learningRate: 0, seconds: 0, digest: nil,
            stepSamples: 0, stepTokens: 0)
    }
}

extension Recipe {
    func on(_ layout: Layout) -> Recipe {
        var recipe = self
        recipe.layout = layout
        return recipe
    }
}

extension Executor {
    /// A whole tensor of every parameter in model order, put together from what the ranks own.
    func wholeTensors(_ tensor: StateTensor = .parameters) -> [[Float]] {
        var whole = ModelParameters(recipe.model).all.map { [Float](repeating: .nan, count: $0.count) }
        for piece in ownedPieces {
            let memory = piece.memory(of: tensor)
            whole[piece.modelIndex].replaceSubrange(
                piece.elements, with: UnsafeBufferPointer(start: memory, count: piece.elements.count))
        }
        return whole
    }

    /// The whole gradient of every parameter in model order. Needs a layout that leaves all of it on the ranks (ZeRO 0).
    func wholeGradients() -> [[Float]] {
        precondition(recipe.layout.zero == 0)
        let layout = recipe.layout
        return ModelParameters(recipe.model).all.map { parameter in
            var whole: [Float] = []
            for rank in 0..<layout.ranks where Coordinate(rank: rank, in: layout).data == 0 {
                guard whole.count < parameter.count else { break }
                whole += gradients(rank: rank).first { $0.name == parameter.name }?.values ?? []
            }
            return whole
        }
    }
}
