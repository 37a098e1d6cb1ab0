import Diagnostics
import Interchange
import Recipes

extension BloomConfiguration: RecipeConfiguration {
    static var family: Recipe.Model.Family { .bloom }

    init(_ recipe: Recipe) throws(Diagnostic) {
        let model = recipe.model
        self.init(
            layers: model.layers, heads: model.heads, hidden: model.hidden, vocabulary: model.paddedVocabulary,
            layerNormEpsilon: model.layerNormEpsilon, initializerRange: model.initialStandardDeviation,
            sequenceLength: model.sequenceLength, documentEnd: Self.documentEnd(recipe))
        try Self.requireTiedHead(recipe)
        guard model.ffn == ffn else {
            throw Diagnostic(
                "model.ffn", "BLOOM's configuration cannot state this width of the MLP", at: .init(key: "model.ffn"),
                expected: "\(ffn), four times the hidden size", found: "\(model.ffn)")
        }
    }

    func model(basedOn other: Recipe.Model) -> Recipe.Model {
        Recipe.Model(
            family: Self.family, layers: layers, hidden: hidden, heads: heads, ffn: ffn,
            sequenceLength: other.sequenceLength, vocabulary: other.vocabulary, paddedVocabulary: vocabulary,
            layerNormEpsilon: layerNormEpsilon, initialStandardDeviation: Self.deviation(initializerRange))
    }
}
