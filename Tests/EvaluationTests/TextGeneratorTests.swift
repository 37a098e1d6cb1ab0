import Corpora
import Diagnostics
import Evaluation
import Numerics
import Recipes
import Testing

@Suite("Text generator")
struct TextGeneratorTests {
    private let prompts: [[Int32]] = [[256, 72, 105], [256], Array("Le serveur".utf8).map(Int32.init)]

    private func generator(_ prompts: [[Int32]], layout: Layout = Layout()) throws -> TextGenerator {
        let generator = try TextGenerator(
            recipe: TestModel.recipe(layout), prompts: prompts, kernels: TestModel.kernels())
        generator.model.initialize()
        return generator
    }

    private func generate(
        _ prompts: [[Int32]], length: Int = 12, temperature: Double = 1, seed: UInt64 = 0, layout: Layout = Layout()
    ) throws -> [[Int32]] {
        try generator(prompts, layout: layout).generate(
            length: length, sampling: Sampling(temperature: temperature, seed: seed))
    }

    @Test("writes the same text every time, whatever the recipe's layout, and another for another seed")
    func deterministic() throws {
        let text = try generate(prompts)
        #expect(try generate(prompts) == text)
        #expect(try generate(prompts, layout: Layout(tensor: 4, pipeline: 2, data: 2, microBatch: 2)) == text)
        #expect(try generate(prompts, seed: 1) != text)
        let again = try generator(prompts)
        _ = try again.generate(length: 3, sampling: Sampling(temperature: 1))
        #expect(try again.generate(length: 12, sampling: Sampling(temperature: 1)) == text)
    }

    @Test("a prompt's text does not depend on the prompts after it")
    func independent() throws {
        #expect(try generate([prompts[0]])[0] == generate(prompts)[0])
        #expect(try generate([prompts[0], [1, 2, 3]])[0] == generate(prompts)[0])
    }

    @Test("a text does not depend on how many prompts are continued at once", arguments: [1, 2, 3])
    func batches(batch: Int) throws {
        let generator = try TextGenerator(
            recipe: TestModel.recipe(), prompts: prompts, batch: batch, kernels: TestModel.kernels())
        generator.model.initialize()
        let sampling = Sampling(temperature: 1, topK: 50, topP: 0.9, seed: 5)
        let whole = try self.generator(prompts).generate(length: 12, sampling: sampling)
        #expect(try generator.generate(length: 12, sampling: sampling) == whole)
    }

    @Test("a text ends where its reader says so, and the others go on")
    func readers() throws {
        let free = try generate(prompts)
        let texts = try generator(prompts).generate(
            length: 12, sampling: Sampling(temperature: 1), isOver: { prompt, new in prompt == 1 && new.count == 3 })
        #expect(texts[1] == Array(free[1].prefix(3)))
        #expect(texts[0] == free[0] && texts[2] == free[2])
    }

    @Test("a longer text begins with the shorter one")
    func prefix() throws {
        let (short, long) = try (generate(prompts, length: 4), generate(prompts, length: 12))
        for (short, long) in zip(short, long) { #expect(long.starts(with: short)) }
        #expect(try generate(prompts, length: 0) == [[], [], []])
    }

    @Test("temperature 0 takes the most likely token, the first of equals")
    func greedy() throws {
        let texts = try generate(prompts, length: 5, temperature: 0)
        let executor = try TestModel.executor(TestModel.recipe())
        for (prompt, text) in zip(prompts, texts) {
            var tokens = prompt
            for token in text {
                let row = try executor.logits(tokens)[tokens.count - 1].prefix(257)
                #expect(row.firstIndex(of: row.max() ?? 0) == Int(token))
                tokens.append(token)
            }
        }
        #expect(try generate(prompts, length: 5, temperature: 0, seed: 9) == texts)
        // A very low temperature is as good as none.
        #expect(try generate(prompts, length: 5, temperature: 1e-9) == texts)
    }

    @Test("draws follow the model's probabilities")
    func draws() throws {
        // An untrained model guesses nearly equally: in 31 draws of each of 8 prompts many ids come up.
        let texts = try generate(Array(repeating: [65], count: 8), length: 31)
        let drawn = texts.flatMap { $0 }
        #expect(Set(drawn).count > drawn.count / 4)
        #expect(drawn.allSatisfy { (0...256).contains($0) })
        // The same prompt has a stream of its own in each place.
        #expect(Set(texts).count == 8)
    }

    @Test("ends with the document, or where the sequence is full")
    func ends() throws {
        let generator = try generator(prompts)
        // The final norm gives the same vector everywhere, which only the document end's row matches.
        try generator.model.load { parameter, tensor, elements, place in
            for (i, element) in elements.enumerated() {
                let isOne =
                    parameter.name == "ln_f.bias"
                    || parameter.name == "word_embeddings.weight" && element / parameter.columns == Corpus.documentEnd
                place[i] = tensor == .parameters && isOne ? 1 : 0
            }
        }
        #expect(try generator.generate(length: 9, sampling: Sampling()) == [[256], [256], [256]])
        let long = try generate([[65], Array(repeating: 66, count: 31)], length: 1000, temperature: 1)
        #expect(long[0].count == 31 || long[0].last == 256)
        #expect(long[1].count == 1)
    }

    @Test(
        "prompts that cannot be continued are refused",
        arguments: [[], [[]], [[65], []], [Array(repeating: 65, count: 32)], [[-1]], [[257]], [[65, 100_000]]]
            as [[[Int32]]])
    func refusals(prompts: [[Int32]]) throws {
        let recipe = try TestModel.recipe()
        let kernels = try TestModel.kernels()
        let found = diagnostic { () throws(Diagnostic) in
            _ = try TextGenerator(recipe: recipe, prompts: prompts, kernels: kernels)
        }
        #expect(found?.code == "generate.prompt")
    }
}
