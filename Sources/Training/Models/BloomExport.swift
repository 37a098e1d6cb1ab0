import Diagnostics
import Integrity
import Interchange
import Programs
import Recipes

/// Writes a checkpoint's parameters as a folder that Hugging Face's `transformers` loads as a `BloomForCausalLM`.
///
/// `config.json` · `model.safetensors` (float32) and, for the tokeniser `bytes`, `tokenizer.json` ·
/// `tokenizer_config.json`. The same checkpoint gives the same bytes, whatever layout saved it.
/// At most one parameter is in memory at a time.
public enum BloomExport {
    /// What was written.
    public struct Receipt: Sendable, Equatable {
        public var folder: String
        /// Elements of all tensors.
        public var parameters: Int
        /// The digest of `model.safetensors`.
        public var digest: Digest
    }

    /// Writes `folder`, which appears whole or not at all.
    ///
    /// Throws `folder.exists` when there is something in it already, unless it is an exported model and `replace` is set;
    /// `model.ffn` for an MLP of a width that BLOOM cannot have.
    public static func write(
        _ checkpoint: Checkpoint, of recipe: Recipe, to folder: String, replace: Bool = false
    ) throws(Diagnostic) -> Receipt {
        try checkpoint.check(against: recipe)
        let configuration = try BloomConfiguration(recipe)
        let tensors = BloomTensor.all(recipe.model)
        let files = [
            BloomConfiguration.fileName, BloomConfiguration.weightsName, ByteTokenizer.fileName,
            ByteTokenizer.settingsName,
        ]
        let receipt = try AtomicFolder(folder, parts: files, replace: replace).fill { (staging) throws(Diagnostic) in
            try AtomicFile.write(configuration.json, to: staging + "/" + BloomConfiguration.fileName)
            if configuration.documentEnd == ByteTokenizer.documentEnd {
                try AtomicFile.write(ByteTokenizer.json, to: staging + "/" + ByteTokenizer.fileName)
                try AtomicFile.write(ByteTokenizer.settings, to: staging + "/" + ByteTokenizer.settingsName)
            }
            return try Safetensors.write(
                tensors.map { $0.description(.float32) }, metadata: ["format": "pt"],
                to: staging + "/" + BloomConfiguration.weightsName
            ) { (append) throws(Diagnostic) in
                for tensor in tensors { try tensor.inFileOrder(checkpoint.values(of: tensor.parameter), append) }
            }
        }
        return Receipt(folder: folder, parameters: recipe.parameterCount, digest: receipt.digest)
    }
}

extension BloomTensor {
    /// The tensors of a model, in model order.
    static func all(_ model: Recipe.Model) -> [BloomTensor] {
        ModelParameters(model).all.map { BloomTensor(parameter: $0.name, rows: $0.rows, columns: $0.columns) }
    }
}

extension BloomConfiguration {
    /// The configuration of a recipe's model.
    init(_ recipe: Recipe) throws(Diagnostic) {
        let model = recipe.model
        guard model.family == .bloom else {
            throw Diagnostic(
                "model.family", "only BLOOM models are exported", at: .init(key: "model.family"),
                expected: Recipe.Model.Family.bloom.rawValue, found: model.family.rawValue)
        }
        self.init(
            layers: model.layers, heads: model.heads, hidden: model.hidden, vocabulary: model.paddedVocabulary,
            layerNormEpsilon: model.layerNormEpsilon, initializerRange: model.initialStandardDeviation,
            sequenceLength: model.sequenceLength,
            documentEnd: recipe.data.tokenizer == "bytes" ? ByteTokenizer.documentEnd : nil)
        guard model.ffn == ffn else {
            throw Diagnostic(
                "model.ffn", "BLOOM's configuration cannot state this width of the MLP", at: .init(key: "model.ffn"),
                expected: "\(ffn), four times the hidden size", found: "\(model.ffn)")
        }
    }
}
