import Diagnostics
import Foundation

/// What a family's `config.json` states about a model, and how Hugging Face's `transformers` names and lays out its weights.
///
/// A family is one type that conforms to this protocol and its entry in ``ModelFamilies``.
public protocol ModelConfiguration: Sendable {
    /// The family's `model_type`.
    static var modelType: String { get }
    /// The class of `transformers` that computes what Serre does.
    static var architecture: String { get }
    /// The prefix of every tensor but the head; files of the bare model have none.
    static var tensorPrefix: String { get }
    /// Ends of names of tensors that hold no weight: constants that older versions saved along.
    static var constantSuffixes: [String] { get }

    var layers: Int { get }
    var heads: Int { get }
    var hidden: Int { get }
    /// Rows of the embedding, padding included.
    var vocabulary: Int { get }
    /// Tokens that the model was made for, where the file says.
    var sequenceLength: Int? { get }
    /// The token that begins and ends documents.
    var documentEnd: Int? { get set }
    /// Whether the embedding is the output layer.
    var hasTiedHead: Bool { get }

    /// Reads the keys; throws for a model that Serre cannot represent.
    init(_ object: ConfigurationObject) throws(Diagnostic)
    /// The keys of `config.json` that the family has, as JSON.
    var entries: [(key: String, value: String)] { get }
    /// Serre's parameters in model order, the embedding first.
    var parameters: [ParameterMapping] { get }
}

/// The name of a model's configuration in its folder.
public let modelConfigurationName = "config.json"
/// The output layer's tensor; a file may have one although it is the embedding.
public let modelHeadName = "lm_head.weight"

extension ModelConfiguration {
    /// Reads the content of a `config.json`; `file` is what messages show as its place.
    public init(json: Data, file: String) throws(Diagnostic) {
        try self.init(ConfigurationObject(json: json, file: file))
    }

    /// `config.json` for float32 weights: keys sorted, the same bytes for the same figures.
    public var json: String {
        let end = documentEnd.map { "\($0)" } ?? "null"
        let common: [(key: String, value: String)] = [
            ("architectures", "[\"\(Self.architecture)\"]"), ("bos_token_id", end), ("eos_token_id", end),
            ("model_type", "\"\(Self.modelType)\""), ("pad_token_id", end),
            ("tie_word_embeddings", "\(hasTiedHead)"), ("torch_dtype", "\"float32\""), ("use_cache", "true"),
            ("vocab_size", "\(vocabulary)"),
        ]
        let lines = (common + entries).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return "{\n" + lines.map { "  \"\($0.key)\": \($0.value)" }.joined(separator: ",\n") + "\n}\n"
    }

    /// Whether a tensor of this name holds no weight.
    public static func isConstant(_ name: String) -> Bool { constantSuffixes.contains { name.hasSuffix($0) } }

}

/// The families whose models Serre exchanges.
public enum ModelFamilies {
    public static let all: [any ModelConfiguration.Type] = [
        BloomConfiguration.self, LlamaConfiguration.self, GPT2Configuration.self,
    ]

    /// Reads `config.json` of `folder`; throws for a model that Serre cannot represent, naming the key.
    public static func configuration(inFolder folder: String) throws(Diagnostic) -> any ModelConfiguration {
        let path = folder + "/" + modelConfigurationName
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic(
                "model.configuration", "there is no model here", at: .init(file: folder),
                expected: "a folder with \(modelConfigurationName)",
                remedy: "name the folder of a Hugging Face model")
        }
        return try configuration(json: data, file: path)
    }

    /// Reads the content of a `config.json` of any family.
    public static func configuration(json: Data, file: String) throws(Diagnostic) -> any ModelConfiguration {
        let object = try ConfigurationObject(json: json, file: file)
        let type = try object.text("model_type")
        guard let family = all.first(where: { $0.modelType == type }) else {
            throw object.problem(
                "model_type", "this kind of model is not supported",
                expected: all.map { $0.modelType }.joined(separator: ", "), found: type ?? "nothing")
        }
        try object.refuse("quantization_config", "quantised weights are not supported")
        return try family.init(object)
    }
}
