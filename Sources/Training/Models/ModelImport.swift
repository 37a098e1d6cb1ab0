import Diagnostics
import Fabrics
import Integrity
import Interchange
import Numerics
import Programs
import Recipes

/// A Hugging Face model's folder, opened and checked, whose weights can begin a run.
///
/// It reads `config.json` and the weights, in one safetensors file or several, as float32, bfloat16 or float16; the narrow
/// types widen exactly. What Serre cannot represent is refused when it is opened.
public struct ModelImport {
    public let folder: String
    public let configuration: any ModelConfiguration
    private let weights: ModelWeights

    /// Opens a folder and checks its configuration and every tensor's name, type and shape.
    public init(_ folder: String) throws(Diagnostic) {
        self.folder = folder
        configuration = try ModelFamilies.configuration(inFolder: folder)
        weights = try ModelWeights(folder: folder, of: configuration)
    }

    /// A recipe with the folder's model: `base` with its model replaced, or modest figures for training on.
    ///
    /// The length of samples, the vocabulary in use and the MLP's segments are not in the weights: they are `base`'s, or the
    /// folder's as far as it states them. Throws what `Recipe/validate()` does.
    public func recipe(basedOn base: Recipe? = nil) throws(Diagnostic) -> Recipe {
        var recipe: Recipe
        if let base { recipe = base } else { recipe = try modest() }
        recipe.model = try model(in: configuration, basedOn: recipe.model)
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
                try weights.read(parameter.name, elements, into: place)
            }
            let digest = try StateDigest(of: executor, step: 0, samples: 0).root
            let folder = RunFolder(staging)
            try folder.create()
            try AtomicFile.write(recipe.yaml, to: folder.recipe)
            _ = try Checkpoint.write(executor, step: 0, samples: 0, digest: digest, in: folder)
            return digest
        }
    }

    /// A recipe for those who name none: a thousand steps of sixteen samples at a rate that suits a trained model.
    private func modest() throws(Diagnostic) -> Recipe {
        let isBytes = configuration.documentEnd == ByteTokenizer.documentEnd
        // Longer samples than most machines hold the activations of must be asked for; a table of positions has its length.
        let fixesLength = try family(of: configuration).traits.positions == .learned
        let stated = configuration.sequenceLength ?? 512
        let size = Recipe.Model(
            layers: 1, hidden: 1, heads: 1,
            sequenceLength: fixesLength ? stated : min(stated, Self.longestModestSample),
            vocabulary: isBytes ? ByteTokenizer.documentEnd + 1 : configuration.vocabulary)
        let model = try model(in: configuration, basedOn: size)
        let lengths = [
            model.hidden, model.ffn, model.paddedVocabulary, model.sequenceLength, model.attentionWidth,
        ]
        return Recipe(
            name: "imported", segments: [8, 4, 2].first { s in lengths.allSatisfy { $0 % s == 0 } } ?? 1, model: model,
            data: .init(tokenizer: isBytes ? "bytes" : type(of: configuration).modelType), batch: .init(global: 16),
            optimizer: .init(
                learningRatePeak: 1e-4, learningRateMinimum: 1e-5, warmupSamples: 160, decaySamples: 16000,
                trainSamples: 16000))
    }

    private static let longestModestSample = 2048
}
