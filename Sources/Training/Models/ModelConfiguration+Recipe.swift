import Diagnostics
import Interchange
import Recipes

/// The configuration of a recipe's model.
///
/// Throws when the family's `config.json` cannot state what the recipe has.
func configuration(of recipe: Recipe) throws(Diagnostic) -> any ModelConfiguration {
    switch recipe.model.family {
    case .bloom: try BloomConfiguration(recipe)
    case .llama: LlamaConfiguration(recipe)
    case .gpt2: try GPT2Configuration(recipe)
    }
}

/// The model of a configuration, with what the weights do not decide taken from `other`.
///
/// Throws `model.sequence-length` when `other` asks for other positions than the weights have.
func model(
    in configuration: any ModelConfiguration, basedOn other: Recipe.Model
) throws(Diagnostic) -> Recipe.Model {
    switch configuration {
    case let bloom as BloomConfiguration: return bloom.model(basedOn: other)
    case let llama as LlamaConfiguration: return llama.model(basedOn: other)
    case let gpt2 as GPT2Configuration: return try gpt2.model(basedOn: other)
    default: preconditionFailure("no recipe for the family \(type(of: configuration).modelType)")
    }
}

extension ModelConfiguration {
    /// The document end of a recipe's tokeniser, as far as it is known.
    fileprivate static func documentEnd(_ recipe: Recipe) -> Int? {
        recipe.data.tokenizer == "bytes" ? ByteTokenizer.documentEnd : nil
    }

    /// Refuses a recipe whose head is not its embedding, which the family's configuration cannot state.
    fileprivate static func requireTiedHead(_ recipe: Recipe) throws(Diagnostic) {
        guard recipe.model.tiedHead else {
            throw Diagnostic(
                "model.untied", "\(architecture)'s output layer is its embedding", at: .init(key: "model.tied_head"),
                expected: "true", found: "false")
        }
    }
}

/// A recipe asks for a positive deviation; some models state zero, since they are not meant to be drawn anew.
private func deviation(_ range: Double) -> Double { range > 0 ? range : 0.02 }

extension BloomConfiguration {
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

    fileprivate func model(basedOn other: Recipe.Model) -> Recipe.Model {
        Recipe.Model(
            family: .bloom, layers: layers, hidden: hidden, heads: heads, ffn: ffn,
            sequenceLength: other.sequenceLength, vocabulary: other.vocabulary, paddedVocabulary: vocabulary,
            layerNormEpsilon: layerNormEpsilon, initialStandardDeviation: deviation(initializerRange))
    }
}

extension LlamaConfiguration {
    init(_ recipe: Recipe) {
        let model = recipe.model
        self.init(
            layers: model.layers, heads: model.heads, keyValueHeads: model.keyValueHeads, hidden: model.hidden,
            ffn: model.ffn, vocabulary: model.paddedVocabulary, normEpsilon: model.layerNormEpsilon,
            initializerRange: model.initialStandardDeviation, rotaryBase: model.rotaryBase,
            hasTiedHead: model.tiedHead, sequenceLength: model.sequenceLength, documentEnd: Self.documentEnd(recipe))
    }

    fileprivate func model(basedOn other: Recipe.Model) -> Recipe.Model {
        Recipe.Model(
            family: .llama, layers: layers, hidden: hidden, heads: heads, keyValueHeads: keyValueHeads, ffn: ffn,
            sequenceLength: other.sequenceLength, vocabulary: other.vocabulary, paddedVocabulary: vocabulary,
            layerNormEpsilon: normEpsilon, rotaryBase: rotaryBase, tiedHead: hasTiedHead,
            initialStandardDeviation: deviation(initializerRange))
    }
}

extension GPT2Configuration {
    init(_ recipe: Recipe) throws(Diagnostic) {
        let model = recipe.model
        self.init(
            layers: model.layers, heads: model.heads, hidden: model.hidden, ffn: model.ffn,
            vocabulary: model.paddedVocabulary, positions: model.sequenceLength,
            layerNormEpsilon: model.layerNormEpsilon, initializerRange: model.initialStandardDeviation,
            documentEnd: Self.documentEnd(recipe))
        try Self.requireTiedHead(recipe)
    }

    fileprivate func model(basedOn other: Recipe.Model) throws(Diagnostic) -> Recipe.Model {
        guard other.sequenceLength == positions else {
            throw Diagnostic(
                "model.sequence-length", "the model's table of positions fixes the length of samples",
                at: .init(key: "model.sequence_length"), expected: "\(positions)", found: "\(other.sequenceLength)",
                remedy: "add --set model.sequence_length=\(positions)")
        }
        return Recipe.Model(
            family: .gpt2, layers: layers, hidden: hidden, heads: heads, ffn: ffn, sequenceLength: positions,
            vocabulary: other.vocabulary, paddedVocabulary: vocabulary, layerNormEpsilon: layerNormEpsilon,
            initialStandardDeviation: deviation(initializerRange))
    }
}
