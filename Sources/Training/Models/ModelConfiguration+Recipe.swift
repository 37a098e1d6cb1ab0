import Diagnostics
import Interchange
import Recipes

/// The configuration of a recipe's model.
func configuration(of recipe: Recipe) throws(Diagnostic) -> any ModelConfiguration {
    switch recipe.model.family {
    case .bloom: try BloomConfiguration(recipe)
    }
}

/// The model of a configuration, with what the weights do not decide taken from `other`.
func model(
    in configuration: any ModelConfiguration, basedOn other: Recipe.Model
) throws(Diagnostic) -> Recipe.Model {
    switch configuration {
    case let bloom as BloomConfiguration: return bloom.model(basedOn: other)
    default: throw Diagnostic("model.family", "Serre does not train this family", expected: "bloom")
    }
}

/// The document end that a recipe's tokeniser has, as far as it is known.
private func documentEnd(_ recipe: Recipe) -> Int? {
    recipe.data.tokenizer == "bytes" ? ByteTokenizer.documentEnd : nil
}

/// A recipe asks for a positive deviation; some models state zero, since they are not meant to be drawn anew.
private func deviation(_ range: Double) -> Double { range > 0 ? range : 0.02 }

extension BloomConfiguration {
    init(_ recipe: Recipe) throws(Diagnostic) {
        let model = recipe.model
        self.init(
            layers: model.layers, heads: model.heads, hidden: model.hidden, vocabulary: model.paddedVocabulary,
            layerNormEpsilon: model.layerNormEpsilon, initializerRange: model.initialStandardDeviation,
            sequenceLength: model.sequenceLength, documentEnd: Training.documentEnd(recipe))
        guard model.ffn == ffn else {
            throw Diagnostic(
                "model.ffn", "BLOOM's configuration cannot state this width of the MLP", at: .init(key: "model.ffn"),
                expected: "\(ffn), four times the hidden size", found: "\(model.ffn)")
        }
    }

    fileprivate func model(basedOn other: Recipe.Model) -> Recipe.Model {
        Recipe.Model(
            layers: layers, hidden: hidden, heads: heads, ffn: ffn, sequenceLength: other.sequenceLength,
            vocabulary: other.vocabulary, paddedVocabulary: vocabulary, layerNormEpsilon: layerNormEpsilon,
            initialStandardDeviation: deviation(initializerRange))
    }
}
