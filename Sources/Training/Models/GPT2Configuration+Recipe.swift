import Diagnostics
import Interchange
import Recipes

extension GPT2Configuration: RecipeConfiguration {
    static var family: Recipe.Model.Family { .gpt2 }

    init(_ recipe: Recipe) throws(Diagnostic) {
        let model = recipe.model
        self.init(
            layers: model.layers, heads: model.heads, hidden: model.hidden, ffn: model.ffn,
            vocabulary: model.paddedVocabulary, positions: model.sequenceLength,
            layerNormEpsilon: model.layerNormEpsilon, initializerRange: model.initialStandardDeviation,
            documentEnd: Self.documentEnd(recipe))
        try Self.requireTiedHead(recipe)
    }

    func model(basedOn other: Recipe.Model) throws(Diagnostic) -> Recipe.Model {
        guard other.sequenceLength == positions else {
            throw Diagnostic(
                "model.sequence-length", "the model's table of positions fixes the length of samples",
                at: .init(key: "model.sequence_length"), expected: "\(positions)", found: "\(other.sequenceLength)",
                remedy: "add --set model.sequence_length=\(positions)")
        }
        return Recipe.Model(
            family: Self.family, layers: layers, hidden: hidden, heads: heads, ffn: ffn, sequenceLength: positions,
            vocabulary: other.vocabulary, paddedVocabulary: vocabulary, layerNormEpsilon: layerNormEpsilon,
            initialStandardDeviation: Self.deviation(initializerRange))
    }
}
