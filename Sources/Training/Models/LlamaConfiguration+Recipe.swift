import Interchange
import Recipes

extension LlamaConfiguration: RecipeConfiguration {
    static var family: Recipe.Model.Family { .llama }

    init(_ recipe: Recipe) {
        let model = recipe.model
        self.init(
            layers: model.layers, heads: model.heads, keyValueHeads: model.keyValueHeads, hidden: model.hidden,
            ffn: model.ffn, vocabulary: model.paddedVocabulary, normEpsilon: model.layerNormEpsilon,
            initializerRange: model.initialStandardDeviation, rotaryBase: model.rotaryBase,
            rotaryScaling: model.rotaryScaling.map {
                RotaryScaling(
                    factor: $0.factor, lowFrequencyFactor: $0.lowFrequencyFactor,
                    highFrequencyFactor: $0.highFrequencyFactor, originalLength: $0.originalLength)
            },
            hasTiedHead: model.tiedHead, sequenceLength: model.sequenceLength, documentEnd: Self.documentEnd(recipe))
    }

    func model(basedOn other: Recipe.Model) -> Recipe.Model {
        Recipe.Model(
            family: Self.family, layers: layers, hidden: hidden, heads: heads, keyValueHeads: keyValueHeads, ffn: ffn,
            sequenceLength: other.sequenceLength, vocabulary: other.vocabulary, paddedVocabulary: vocabulary,
            layerNormEpsilon: normEpsilon, rotaryBase: rotaryBase,
            rotaryScaling: rotaryScaling.map {
                Recipe.Model.RotaryScaling(
                    factor: $0.factor, lowFrequencyFactor: $0.lowFrequencyFactor,
                    highFrequencyFactor: $0.highFrequencyFactor, originalLength: $0.originalLength)
            },
            tiedHead: hasTiedHead,
            initialStandardDeviation: Self.deviation(initializerRange))
    }
}
