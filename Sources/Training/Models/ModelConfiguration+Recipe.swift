import Diagnostics
import Interchange
import Recipes

/// A configuration that translates to a recipe's model and back: one file for each family, beside this one.
protocol RecipeConfiguration: ModelConfiguration {
    static var family: Recipe.Model.Family { get }

    /// Throws when the family's `config.json` cannot state what the recipe has.
    init(_ recipe: Recipe) throws(Diagnostic)

    /// The model, with what the weights do not decide taken from `other`; throws when that asks for what they do decide.
    func model(basedOn other: Recipe.Model) throws(Diagnostic) -> Recipe.Model
}

extension Recipe.Model.Family {
    /// The family's form at Hugging Face.
    fileprivate var configuration: any RecipeConfiguration.Type {
        switch self {
        case .bloom: BloomConfiguration.self
        case .llama: LlamaConfiguration.self
        case .gpt2: GPT2Configuration.self
        }
    }
}

/// The configuration of a recipe's model.
///
/// Throws when the family's `config.json` cannot state what the recipe has.
func configuration(of recipe: Recipe) throws(Diagnostic) -> any ModelConfiguration {
    try recipe.model.family.configuration.init(recipe)
}

/// The model of a configuration, with what the weights do not decide taken from `other`.
///
/// Throws `model.sequence-length` when `other` asks for other positions than the weights have.
func model(
    in configuration: any ModelConfiguration, basedOn other: Recipe.Model
) throws(Diagnostic) -> Recipe.Model {
    let known = try translatable(configuration)
    var model = try known.model(basedOn: other)
    if other.family == model.family { model.initialEmbedding = other.initialEmbedding }
    return model
}

/// The family of a configuration.
func family(of configuration: any ModelConfiguration) throws(Diagnostic) -> Recipe.Model.Family {
    type(of: try translatable(configuration)).family
}

private func translatable(_ configuration: any ModelConfiguration) throws(Diagnostic) -> any RecipeConfiguration {
    guard let known = configuration as? any RecipeConfiguration else {
        throw Diagnostic("model.family", "recipes do not have this family", found: type(of: configuration).modelType)
    }
    return known
}

extension RecipeConfiguration {
    /// The document end of a recipe's tokeniser, as far as it is known.
    static func documentEnd(_ recipe: Recipe) -> Int? {
        recipe.data.tokenizer == "bytes" ? ByteTokenizer.documentEnd : nil
    }

    /// Refuses a recipe whose head is not its embedding, which the family's configuration cannot state.
    static func requireTiedHead(_ recipe: Recipe) throws(Diagnostic) {
        guard recipe.model.tiedHead else {
            throw Diagnostic(
                "model.untied", "\(architecture)'s output layer is its embedding", at: .init(key: "model.tied_head"),
                expected: "true", found: "false")
        }
    }

    /// A recipe asks for a positive deviation; some models state zero, since they are not meant to be drawn anew.
    static func deviation(_ range: Double) -> Double { range > 0 ? range : 0.02 }
}
