import Fabrics
import Programs
import Recipes

@testable import Numerics

/// A model of one layer, small enough to try many layouts of.
enum SmallModel {
    static func recipe(_ layout: Layout = Layout(microBatch: 2), heads: Int = 2) -> Recipe {
        Recipe(
            name: "small", segments: 4, lanes: 4,
            model: .init(
                layers: 2, hidden: 8 * heads, heads: heads, sequenceLength: 8, vocabulary: 24,
                initialStandardDeviation: 0.1),
            data: .init(tokenizer: "numbers"), batch: .init(global: 8),
            optimizer: .init(
                learningRatePeak: 1e-2, learningRateMinimum: 1e-2, warmupSamples: 0, decaySamples: 1, trainSamples: 80),
            layout: layout)
    }

    static func executor(
        _ recipe: Recipe = recipe(), instructionSet: KernelContext.InstructionSet? = nil
    ) throws -> Executor {
        try recipe.validate()
        let executor = try Executor(
            recipe: recipe, fabric: LocalFabric(ranks: recipe.layout.ranks),
            kernels: KernelContext(instructionSet: instructionSet, workers: 1))
        executor.initialize()
        return executor
    }

    /// Tokens that differ from sample to sample and from step to step.
    static func input(step: Int, learningRate: Double = 1e-2) -> StepInput {
        StepInput(step: step, learningRate: learningRate) { index, tokens in
            for t in tokens.indices { tokens[t] = Int32((7 * t * t + 5 * index + 3 * step + t) % 24) }
        }
    }
}

extension Executor {
    /// The bits of a whole tensor of every parameter, put together from what the ranks own.
    func bits(_ tensor: StateTensor = .parameters) -> [[UInt32]] {
        var whole = ModelParameters(recipe.model).all.map { [UInt32](repeating: .max, count: $0.count) }
        for piece in ownedPieces {
            let memory =
                switch tensor {
                case .parameters: piece.values
                case .firstMoment: piece.firstMoment
                case .secondMoment: piece.secondMoment
                }
            for (i, element) in piece.elements.enumerated() { whole[piece.modelIndex][element] = memory[i].bitPattern }
        }
        return whole
    }
}
