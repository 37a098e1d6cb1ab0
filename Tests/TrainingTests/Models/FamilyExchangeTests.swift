import Diagnostics
import Evaluation
import Foundation
import Interchange
import Numerics
import Programs
import Recipes
import Testing

@testable import Training

/// Models that transformers made, against the logits that it computed from them.
@Suite("Exchange of Llama and GPT-2 with transformers")
struct FamilyExchangeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    static let fixtures = ["llama-tiny", "gpt2-tiny"]

    private func fixture(_ name: String) -> String { TestData.repository + "/fixtures/interchange/" + name }

    private func imported(_ model: String, as run: String) throws -> (checkpoint: Checkpoint, recipe: Recipe) {
        let model = try ModelImport(model)
        let recipe = try model.recipe()
        _ = try model.write(recipe, kernels: BloomFixture.kernels(), to: folder[run])
        return (try Checkpoint(RunFolder(folder[run]).checkpoint(0)), recipe)
    }

    private func logits(_ checkpoint: Checkpoint, _ recipe: Recipe, _ samples: [[Int32]]) throws -> [Double] {
        let reader = try LogitsReader(recipe: recipe, kernels: BloomFixture.kernels())
        try checkpoint.load(into: reader.model)
        return try samples.flatMap { try reader.logits(of: $0).map(Double.init) }
    }

    private func values<Element: BitwiseCopyable>(
        _ file: SafetensorsFile, _ name: String, _ type: Element.Type
    ) throws -> [Element] {
        try file.withBytes(of: name) { (bytes) throws(Diagnostic) in
            (0..<bytes.count / MemoryLayout<Element>.size).map {
                bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: type)
            }
        }
    }

    @Test("what comes in computes transformers' logits", arguments: fixtures)
    func logits(name: String) throws {
        let truth = try SafetensorsFile(path: fixture(name) + "/logits.safetensors")
        let length = try truth.tensor("tokens").shape[1]
        let tokens = try values(truth, "tokens", Int32.self)
        let samples = stride(from: 0, to: tokens.count, by: length).map { Array(tokens[$0..<$0 + length]) }
        let expected = try values(truth, "logits", Float.self).map(Double.init)
        let (checkpoint, recipe) = try imported(fixture(name), as: "run")
        let found = try logits(checkpoint, recipe, samples)
        #expect(relativeDifference(found, expected) < 1e-5)
        // A prefix has the same logits as the beginning of the whole.
        let some = try logits(checkpoint, recipe, [Array(samples[0].prefix(5))])
        #expect(some == Array(found.prefix(some.count)))
    }

    @Test("what came in goes out as it was, in one file and in shards", arguments: fixtures, [5_000_000_000, 8000])
    func outAgain(name: String, largest: Int) throws {
        let (checkpoint, recipe) = try imported(fixture(name), as: "run")
        let receipt = try ModelExport.write(checkpoint, of: recipe, to: folder["model"], largestShard: largest)
        #expect((receipt.weights.files.count > 1) == (largest == 8000))
        #expect(names(in: folder["model"]).contains(WeightFiles.indexName) == (largest == 8000))
        let (theirs, ours) = (try WeightFiles(folder: fixture(name)), try WeightFiles(folder: folder["model"]))
        #expect(Set(ours.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
        for tensor in theirs.tensors {
            let (their, our) = (try theirs.file(of: tensor.name), try ours.file(of: tensor.name))
            #expect(try our.tensor(tensor.name) == .init(tensor.name, .float32, shape: tensor.shape))
            let expected =
                tensor.type == .float32
                ? try values(their, tensor.name, UInt32.self)
                : try values(their, tensor.name, UInt16.self).map { UInt32($0) << 16 }
            #expect(try values(our, tensor.name, UInt32.self) == expected, "\(tensor.name)")
        }
        let again = try imported(folder["model"], as: "again")
        #expect(again.recipe.model == recipe.model)
        #expect(again.checkpoint.index.stateDigest == checkpoint.index.stateDigest)
        let reread = try ModelImport(folder["model"]).configuration
        #expect(reread.documentEnd == nil && reread.layers == 2 && reread.vocabulary == 24)
    }

    @Test(
        "the mapping names every parameter of the family, in its shape", arguments: ["nano", "nano-llama", "nano-gpt2"])
    func parameters(recipe: String) throws {
        let recipe = try TestData.recipe(recipe)
        let mapped = try configuration(of: recipe).parameters
        let specs = ModelParameters(recipe.model).all
        #expect(mapped.map(\.parameter) == specs.map(\.name))
        #expect(mapped.map(\.rows) == specs.map(\.rows) && mapped.map(\.columns) == specs.map(\.columns))
        #expect(try configuration(of: recipe).hasTiedHead == recipe.model.tiedHead)
    }

    @Test("a shard that is missing or torn is refused by name, and so are tensors of other models")
    func damaged() throws {
        let place = folder["spoilt"]
        func copy() throws {
            try? FileManager.default.removeItem(atPath: place)
            try FileManager.default.copyItem(atPath: fixture("llama-tiny"), toPath: place)
        }
        func refusal() -> Diagnostic? { diagnostic { () throws(Diagnostic) in _ = try ModelImport(place) } }
        let shard = place + "/model-00002-of-00004.safetensors"
        try copy()
        #expect(refusal() == nil)
        try FileManager.default.removeItem(atPath: shard)
        #expect(refusal()?.location?.file == shard)
        try copy()
        let bytes = try Data(contentsOf: URL(filePath: shard))
        try bytes.dropLast(4).write(to: URL(filePath: shard))
        #expect(refusal()?.code == "safetensors.truncated" && refusal()?.location?.file == shard)
        try copy()
        try FileManager.default.removeItem(atPath: place + "/config.json")
        try FileManager.default.copyItem(atPath: fixture("gpt2-tiny") + "/config.json", toPath: place + "/config.json")
        #expect(refusal()?.code == "safetensors.no-tensor")
    }

    @Test("GPT-2's positions fix the length of samples; Llama's do not")
    func sequenceLength() throws {
        var base = try TestData.recipe("nano-gpt2")
        base.model.vocabulary = 24
        base.data.tokenizer = "other"
        let gpt2 = try ModelImport(fixture("gpt2-tiny"))
        let refused = diagnostic { () throws(Diagnostic) in _ = try gpt2.recipe(basedOn: base) }
        #expect(refused?.code == "model.sequence-length" && refused?.expected == "16")
        base.model.sequenceLength = 16
        #expect(try gpt2.recipe(basedOn: base).model.ffn == 40)
        base.model.sequenceLength = 8
        let llama = try ModelImport(fixture("llama-tiny")).recipe(basedOn: base).model
        #expect(llama.family == .llama && llama.sequenceLength == 8 && llama.keyValueHeads == 2 && !llama.tiedHead)
        #expect(llama.rotaryBase == 1000 && llama.layerNormEpsilon == 1e-5 && llama.ffn == 40)
    }
}
