import Diagnostics
import Integrity
import Interchange
import Programs
import Recipes

/// Writes a checkpoint's parameters as a folder that Hugging Face's `transformers` loads as the family's own model.
///
/// `config.json` · `model.safetensors` (float32), or shards with `model.safetensors.index.json` when it would be larger than
/// wanted · `tokenizer.json` and `tokenizer_config.json`, where the tokeniser is `bytes` or given. The same checkpoint gives the
/// same bytes, whatever layout saved it. At most one parameter is in memory at a time.
public enum ModelExport {
    /// Bytes of weights in one file unless told otherwise: what `transformers` long took.
    public static let largestShard = 5_000_000_000

    /// What was written.
    public struct Receipt: Sendable, Equatable {
        public var folder: String
        /// The class of `transformers` that loads it.
        public var architecture: String
        /// Elements of all parameters.
        public var parameters: Int
        /// The files of the weights.
        public var weights: WeightFiles.Receipt
    }

    /// Writes `folder`, which appears whole or not at all.
    ///
    /// - Parameter tokenizer: the tokeniser of the run's tokens; not needed for a recipe of bytes.
    ///
    /// Throws `folder.exists` when there is something in it already, unless it is an exported model and `replace` is set;
    /// `model.ffn` for an MLP of a width that the family's configuration cannot state.
    public static func write(
        _ checkpoint: Checkpoint, of recipe: Recipe, to folder: String, tokenizer: TokenizerFiles? = nil,
        largestShard: Int = largestShard, replace: Bool = false
    ) throws(Diagnostic) -> Receipt {
        try checkpoint.check(against: recipe)
        let tokenizer = recipe.data.tokenizer == "bytes" ? .bytes : tokenizer
        var configuration = try configuration(of: recipe)
        if let tokenizer { configuration.documentEnd = tokenizer.documentEnd }
        let family = type(of: configuration)
        let parameters = configuration.parameters
        let place = try AtomicFolder(folder, replace: replace) { (_, names) throws(Diagnostic) in
            names.first { !isOwn($0) }
        }
        let weights = try place.fill { (staging) throws(Diagnostic) in
            try AtomicFile.write(configuration.json, to: staging + "/" + modelConfigurationName)
            if let tokenizer {
                try AtomicFile.write(tokenizer.json, to: staging + "/" + TokenizerFiles.name)
                try AtomicFile.write(tokenizer.settings, to: staging + "/" + TokenizerFiles.settingsName)
            }
            let groups = parameters.map { parameter in
                parameter.tensors.map { parameter.description(of: $0, .float32, prefix: family.tensorPrefix) }
            }
            return try WeightFiles.write(groups, largest: largestShard, to: staging) {
                (index, append) throws(Diagnostic) in
                let values = try checkpoint.values(of: parameters[index].parameter)
                for tensor in parameters[index].tensors {
                    try parameters[index].inFileOrder(tensor, of: values, append)
                }
            }
        }
        return Receipt(
            folder: folder, architecture: family.architecture, parameters: recipe.parameterCount, weights: weights)
    }

    /// Whether a file of a folder is one that an export makes.
    private static func isOwn(_ name: String) -> Bool {
        WeightFiles.isOwn(name)
            || [modelConfigurationName, TokenizerFiles.name, TokenizerFiles.settingsName].contains(name)
    }
}
