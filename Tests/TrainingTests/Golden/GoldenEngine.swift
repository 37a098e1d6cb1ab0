import Fabrics
import Numerics
import Programs
import Recipes
import Testing

extension GoldenValues {
    /// The golden configuration as a recipe: any layout, any learning rate schedule (each step is told its rate).
    func recipe(_ layout: Layout) throws -> Recipe {
        let rate = try figure("learning_rate")
        let vocabulary = Int(try figure("vocabulary"))
        let batch = Recipe.Batch(global: Int(try figure("batch")))
        var model = try Recipe.Model(
            family: #require(.init(rawValue: family)), layers: Int(figure("layers")), hidden: Int(figure("hidden")),
            heads: Int(figure("heads")), sequenceLength: Int(figure("sequence")), vocabulary: vocabulary,
            layerNormEpsilon: figure("layer_norm_epsilon"))
        if model.family == .llama {
            model.keyValueHeads = Int(try figure("key_value_heads"))
            model.ffn = Int(try figure("ffn"))
            model.rotaryBase = try figure("rotary_base")
        }
        return try Recipe(
            name: "golden", model: model,
            data: .init(tokenizer: "golden"), batch: batch,
            optimizer: .init(
                learningRatePeak: rate, learningRateMinimum: rate, warmupSamples: 0, decaySamples: 1,
                beta1: figure("beta1"), beta2: figure("beta2"), epsilon: figure("adam_epsilon"),
                weightDecay: figure("weight_decay"), weightDecayOn: .all, clip: figure("clip_norm"), trainSamples: 1000),
            layout: layout)
    }

    /// An executor that holds the golden weights.
    func engine(_ layout: Layout = Layout(zero: 0)) throws -> Executor {
        let recipe = try recipe(layout)
        try recipe.validate()
        let executor = try Executor(
            recipe: recipe, fabric: LocalFabric(ranks: layout.ranks),
            kernels: KernelContext(instructionSet: nil, workers: 1))
        let parameters = try parameters("parameter")
        // The names and the order are the engine's.
        try #require(parameters.map(\.name) == ModelParameters(recipe.model).all.map(\.name))
        let weights = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.values) })
        try executor.load { parameter, tensor, elements, place in
            for (i, element) in elements.enumerated() {
                place[i] = tensor == .parameters ? Float(weights[parameter.name]?[element] ?? .nan) : 0
            }
        }
        return executor
    }

    /// The golden batch as the input of one step.
    func input(step: Int) throws -> StepInput {
        let samples = try tokens().map { $0.map(Int32.init) }
        return StepInput(step: step, learningRate: try figure("learning_rate")) { index, tokens in
            _ = tokens.update(fromContentsOf: samples[index])
        }
    }
}

/// The elements of a fused query-key-value bias that belong to keys; their true gradient is zero.
func keyBiasElements(_ model: Recipe.Model) -> [Int] {
    (0..<model.heads).flatMap { head in (0..<model.headSize).map { (3 * head + 1) * model.headSize + $0 } }
}
