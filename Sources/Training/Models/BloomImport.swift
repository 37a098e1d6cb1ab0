import Diagnostics
import Fabrics
import Integrity
import Interchange
import Numerics
import Programs
import Recipes

/// A Hugging Face BLOOM folder, opened and checked, whose weights can begin a run.
///
/// It reads `config.json` and one `model.safetensors` with float32, bfloat16 or float16 weights; the narrow types widen
/// exactly. What Serre cannot represent is refused when it is opened.
public struct BloomImport {
    public let folder: String
    public let configuration: BloomConfiguration
    private let weights: BloomWeights

    /// Opens a folder and checks its configuration and every tensor's name, type and shape.
    public init(_ folder: String) throws(Diagnostic) {
        self.folder = folder
        configuration = try BloomConfiguration(folder: folder)
        weights = try BloomWeights(folder: folder, tensors: BloomTensor.all(Self.model(configuration)))
    }

    /// A recipe with the folder's model: `base` with its model replaced, or modest figures for training on.
    ///
    /// The length of samples, the vocabulary in use and the MLP's segments are not in the weights: they are `base`'s, or the
    /// folder's as far as it states them. Throws what ``Recipe/validate()`` does.
    public func recipe(basedOn base: Recipe? = nil) throws(Diagnostic) -> Recipe {
        var recipe = base ?? Self.modest(configuration)
        recipe.model = Self.model(configuration, recipe.model)
        // What is written must read back: the reader's bounds are tighter than a model's own.
        return try Recipe.parse(recipe.yaml)
    }

    /// Makes a run that has these parameters, moments of zero and no samples behind it; returns its state's digest.
    ///
    /// `run` must not be there yet, or be empty; it appears whole or not at all.
    public func write(_ recipe: Recipe, kernels: KernelContext, to run: String) throws(Diagnostic) -> Digest {
        var single = recipe
        single.layout = Layout(microBatch: 1, zero: 0)
        return try AtomicFolder(run, parts: [], replace: false).fill { (staging) throws(Diagnostic) in
            let executor = try Executor(recipe: single, fabric: LocalFabric(ranks: 1), kernels: kernels)
            try executor.load { (parameter, tensor, elements, place) throws(Diagnostic) in
                guard tensor == .parameters else { return place.update(repeating: 0, count: elements.count) }
                let held = BloomTensor(parameter: parameter.name, rows: parameter.rows, columns: parameter.columns)
                try weights.read(held, elements, into: place)
            }
            let digest = try StateDigest(of: executor, step: 0, samples: 0).root
            let folder = RunFolder(staging)
            try folder.create()
            try AtomicFile.write(recipe.yaml, to: folder.recipe)
            _ = try Checkpoint.write(executor, step: 0, samples: 0, digest: digest, in: folder)
            return digest
        }
    }

    /// The model, with what the weights do not decide taken from `other`.
    private static func model(_ configuration: BloomConfiguration, _ other: Recipe.Model? = nil) -> Recipe.Model {
        Recipe.Model(
            layers: configuration.layers, hidden: configuration.hidden, heads: configuration.heads,
            ffn: configuration.ffn, sequenceLength: other?.sequenceLength ?? 1,
            vocabulary: other?.vocabulary ?? configuration.vocabulary, paddedVocabulary: configuration.vocabulary,
            layerNormEpsilon: configuration.layerNormEpsilon,
            initialStandardDeviation: configuration.initializerRange > 0 ? configuration.initializerRange : 0.02)
    }

    /// A recipe for those who name none: a thousand steps of sixteen samples at a rate that suits a trained model.
    private static func modest(_ configuration: BloomConfiguration) -> Recipe {
        let sequence = configuration.sequenceLength ?? 512
        let isBytes = configuration.documentEnd == ByteTokenizer.documentEnd
        let lengths = [configuration.hidden, configuration.vocabulary, sequence]
        return Recipe(
            name: "imported", segments: [8, 4, 2].first { s in lengths.allSatisfy { $0 % s == 0 } } ?? 1,
            model: .init(
                layers: configuration.layers, hidden: configuration.hidden, heads: configuration.heads,
                sequenceLength: sequence,
                vocabulary: isBytes ? ByteTokenizer.documentEnd + 1 : configuration.vocabulary,
                paddedVocabulary: configuration.vocabulary),
            data: .init(tokenizer: isBytes ? "bytes" : "bloom"), batch: .init(global: 16),
            optimizer: .init(
                learningRatePeak: 1e-4, learningRateMinimum: 1e-5, warmupSamples: 160, decaySamples: 16000,
                trainSamples: 16000))
    }
}
