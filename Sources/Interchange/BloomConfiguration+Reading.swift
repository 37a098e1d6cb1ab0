import Diagnostics
import Foundation

extension BloomConfiguration {
    /// Reads `config.json` of `folder`; throws for a model that is not the BLOOM that Serre trains, naming the key.
    ///
    /// Keys that change nothing about the weights or what they compute are passed over.
    public init(folder: String) throws(Diagnostic) {
        let path = folder + "/" + Self.fileName
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic(
                "model.configuration", "there is no model here", at: .init(file: folder),
                expected: "a folder with \(Self.fileName)", remedy: "name the folder of a Hugging Face BLOOM model")
        }
        try self.init(json: data, file: path)
    }

    /// Reads the content of a `config.json`; `file` is what messages show as its place.
    public init(json: Data, file: String) throws(Diagnostic) {
        let fields = try Fields.decode(json, file)
        try fields.requireSupported(file)
        let keys = Fields.CodingKeys.self
        func size(
            _ candidates: [(key: Fields.CodingKeys, value: Int?)], in range: ClosedRange<Int>
        ) throws(Diagnostic) -> Int {
            let found = candidates.first { $0.value != nil } ?? candidates[0]
            guard let value = found.value, range.contains(value) else {
                throw problem(
                    file, found.key, "the model's size is missing or out of range",
                    expected: "from \(range.lowerBound) to \(range.upperBound)",
                    found: found.value.map { "\($0)" } ?? "nothing")
            }
            return value
        }
        // The names are those of transformers and of the older files that it still reads; n_embed goes first there too.
        self.init(
            layers: try size([(keys.layers, fields.layers), (keys.hiddenLayers, fields.hiddenLayers)], in: 1...4096),
            heads: try size(
                [(keys.heads, fields.heads), (keys.attentionHeads, fields.attentionHeads)], in: 1...1 << 14),
            hidden: try size([(keys.embed, fields.embed), (keys.hidden, fields.hidden)], in: 1...1 << 18),
            vocabulary: try size([(keys.vocabulary, fields.vocabulary)], in: 1...1 << 24),
            layerNormEpsilon: fields.layerNormEpsilon ?? 1e-5, initializerRange: fields.initializerRange ?? 0.02,
            sequenceLength: fields.sequenceLength, documentEnd: fields.documentEnd)
        guard hidden % heads == 0 else {
            throw problem(
                file, .heads, "the heads do not divide the hidden size", expected: "a divisor of \(hidden)",
                found: "\(heads)")
        }
        guard layerNormEpsilon > 0 else {
            throw problem(
                file, .layerNormEpsilon, "the norm's epsilon is not positive", expected: "more than 0",
                found: "\(layerNormEpsilon)")
        }
    }
}

/// The keys of `config.json` that decide something.
private struct Fields: Decodable {
    var modelType: String?
    var layers, hiddenLayers, heads, attentionHeads, hidden, embed, vocabulary: Int?
    var layerNormEpsilon, initializerRange: Double?
    var sequenceLength, documentEnd: Int?
    var tied, residualAfterNorm: Bool?

    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case layers = "n_layer"
        case hiddenLayers = "num_hidden_layers"
        case heads = "n_head"
        case attentionHeads = "num_attention_heads"
        case hidden = "hidden_size"
        case embed = "n_embed"
        case vocabulary = "vocab_size"
        case layerNormEpsilon = "layer_norm_epsilon"
        case initializerRange = "initializer_range"
        case sequenceLength = "seq_length"
        case documentEnd = "eos_token_id"
        case tied = "tie_word_embeddings"
        case residualAfterNorm = "apply_residual_connection_post_layernorm"
    }

    static func decode(_ json: Data, _ file: String) throws(Diagnostic) -> Fields {
        do {
            return try JSONDecoder().decode(Fields.self, from: json)
        } catch DecodingError.typeMismatch(let type, let context) {
            throw Diagnostic(
                "model.configuration", "the value is of another type",
                at: .init(file: file, key: context.codingPath.last?.stringValue), expected: "\(type)")
        } catch {
            throw Diagnostic(
                "model.configuration", "the file is not well-formed", at: .init(file: file), expected: "a JSON object")
        }
    }

    /// Refuses what would be another model under the same weights' names.
    func requireSupported(_ file: String) throws(Diagnostic) {
        guard modelType == "bloom" else {
            throw problem(
                file, .modelType, "this kind of model is not supported", expected: "bloom",
                found: modelType ?? "nothing")
        }
        guard tied != false else {
            throw problem(file, .tied, "the output layer must be the embedding", expected: "true", found: "false")
        }
        guard residualAfterNorm != true else {
            throw problem(
                file, .residualAfterNorm, "residual connections from behind the norm are not supported",
                expected: "false", found: "true")
        }
    }
}

private func problem(
    _ file: String, _ key: Fields.CodingKeys, _ message: String, expected: String, found: String
) -> Diagnostic {
    Diagnostic(
        "model.configuration", message, at: .init(file: file, key: key.rawValue), expected: expected, found: found)
}
