import Diagnostics
import Numerics
import Programs
import Recipes
import Testing

@testable import Evaluation

/// Reading only what is new, against passes over whole sequences: the same bits for every family and precision.
@Suite("Kept texts")
struct KeptTextTests {
    struct Model: CustomTestStringConvertible, Sendable {
        var name: String
        var precision: Recipe.Precision
        var testDescription: String { "\(name), \(precision)" }

        func recipe() throws -> Recipe {
            var recipe = try Recipe.load("\(TestModel.repository)/fixtures/recipes/\(name).yaml")
            recipe.layout = Layout()
            recipe.precision = precision
            return recipe
        }
    }

    static let models = ["nano", "nano-6-heads", "nano-llama", "nano-gpt2"].flatMap { name in
        [Recipe.Precision.float32, .bfloat16].map { Model(name: name, precision: $0) }
    }
    private static let prompts: [[Int32]] = [
        [256, 72, 105], [256], (0..<20).map { 7 * $0 }, [1, 2], (0..<31).map { 250 - $0 },
    ]

    /// The tokens, and the bits of the logits from which each was drawn, by prompt.
    private func written(
        _ model: Model, batch: Int, keepsKeys: Bool, sampling: Sampling
    ) throws -> (tokens: [[Int32]], bits: [[UInt32]]) {
        let generator = try TextGenerator(
            recipe: model.recipe(), prompts: Self.prompts, batch: batch, keepsKeys: keepsKeys,
            kernels: TestModel.kernels())
        generator.model.initialize()
        var bits = Self.prompts.map { _ in [UInt32]() }
        let tokens = try generator.generate(
            length: 14, sampling: sampling, isOver: { prompt, new in prompt == 0 && new.count == 5 },
            sees: { prompt, logits in bits[prompt] += logits.map(\.bitPattern) })
        return (tokens, bits)
    }

    @Test("tokens and logits are those of passes over whole sequences, whatever the batch", arguments: models)
    func sameBits(model: Model) throws {
        let sampling = Sampling(temperature: 1, topK: 60, topP: 0.95, seed: 3)
        let whole = try written(model, batch: 5, keepsKeys: false, sampling: sampling)
        #expect(Set(whole.bits[0]).count > 100)
        for batch in [1, 2, 5] {
            let kept = try written(model, batch: batch, keepsKeys: true, sampling: sampling)
            #expect(kept.tokens == whole.tokens, "batch \(batch)")
            #expect(kept.bits == whole.bits, "batch \(batch)")
        }
    }

    @Test("likelihoods are those of passes over whole sequences, whatever the batch", arguments: models)
    func likelihoods(model: Model) throws {
        let requests = Self.prompts.map {
            LikelihoodRequest(context: $0, continuation: [65, 66, 256].suffix(1 + $0.count % 3))
        }
        func found(batch: Int, whole: Bool) throws -> [Likelihood] {
            let model = try ModelUnderTest(
                recipe: model.recipe(), tokenizer: .bytes, documentEnd: 256, kernels: TestModel.kernels(), batch: batch,
                readsWholeSequences: whole)
            model.executor.initialize()
            return try model.likelihoods(of: requests)
        }
        let whole = try found(batch: 5, whole: true)
        for batch in [1, 2, 5] { #expect(try found(batch: batch, whole: false) == whole, "batch \(batch)") }
    }

    @Test("a text may be read in any parts, beside others that begin later")
    func parts() throws {
        let model = Model(name: "nano-llama", precision: .float32)
        let executor = try Executor(parametersOf: model.recipe(), kernels: TestModel.kernels())
        executor.initialize()
        let text = (0..<20).map { Int32(11 * $0) }
        func reader(goesOn: Bool) throws -> ModelReader {
            try ModelReader(executor, .init(rows: 40, asked: 40, texts: 2, positions: 20, goesOn: goesOn))
        }
        let whole = try reader(goesOn: false)
        try whole.read([TextPart(text: 0, tokens: text, asked: 0..<20, targets: text)])
        let expected = (0..<20).map { whole.logits($0) }
        let parted = try reader(goesOn: true)
        var found: [[Float]] = []
        for (begin, end) in [(0, 1), (1, 4), (4, 17), (17, 20)] {
            let mine = TextPart(text: 1, position: begin, tokens: Array(text[begin..<end]), asked: 0..<end - begin)
            // The other text has been read as far as this one was before.
            let other = TextPart(text: 0, tokens: Array(text.prefix(max(begin, 1))), asked: 0..<0)
            try parted.read([other, mine])
            found += (0..<end - begin).map { parted.logits($0) }
        }
        #expect(found == expected)
        // Nobody asks: the text is read all the same.
        try parted.read([TextPart(text: 0, tokens: Array(text[..<19]), asked: 0..<0)])
        try parted.read([TextPart(text: 0, position: 19, tokens: [text[19]], asked: 0..<1)])
        #expect(parted.logits(0) == expected[19])
    }

    @Test("what OpenBLAS multiplies is read as whole sequences")
    func blas() throws {
        var recipe = try Model(name: "nano", precision: .float32).recipe()
        recipe.numerics = .blas
        let generator = try TextGenerator(recipe: recipe, prompts: [[65]], kernels: TestModel.kernels())
        #expect(!generator.model.holdsParametersAlone)
        let model = try ModelUnderTest(
            recipe: recipe, tokenizer: .bytes, documentEnd: 256, kernels: TestModel.kernels())
        #expect(!model.executor.holdsParametersAlone)
    }
}
