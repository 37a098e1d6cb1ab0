import Diagnostics
import Testing

@testable import Tokenizers

@Suite("Training")
struct TrainingTests {
    private func trained(_ texts: [[UInt8]], size: Int = 600, workers: Int = 1) throws -> Tokenizer {
        var trainer = try TokenizerTrainer(.init(vocabularySize: size), workers: workers)
        trainer.add(texts)
        return trainer.finish(name: "test")
    }

    @Test("The same texts give the same file, whatever their order and the workers")
    func deterministic() throws {
        let texts = try Fixtures.corpus()
        let one = try trained(texts).json
        #expect(try trained(texts, workers: 2).json == one)
        #expect(try trained(texts.reversed(), workers: 5).json == one)
    }

    @Test("The file that is written loads as the tokenizer that was learned")
    func written() throws {
        let texts = try Fixtures.corpus()
        let tokenizer = try trained(texts)
        let loaded = try Tokenizer(json: tokenizer.json, path: "tokenizer.json")
        #expect(loaded.model == tokenizer.model)
        #expect(loaded.digest == tokenizer.digest)
        #expect(["<unk>", "<s>", "</s>", "<pad>"].map(loaded.id(of:)) == [0, 1, 2, 3])
        #expect(loaded.encode(texts, workers: 1) == tokenizer.encode(texts, workers: 1))
    }

    @Test("Rare pairs and texts too small end the learning")
    func tooLittle() throws {
        let tokenizer = try trained([Array("abab abab cd".utf8)])
        // "ab" twice in a word that is there with and without a space, "abab" once each; "cd" is too rare.
        #expect(tokenizer.mergeCount == 2)
        #expect(tokenizer.id(of: "abab") != nil && tokenizer.id(of: "cd") == nil)
        #expect(try trained([]).vocabularySize == 260)
    }

    @Test("No text becomes a special token by merging")
    func specialStaysApart() throws {
        let texts = [[UInt8]](repeating: Array("</s> </s>x</s>".utf8), count: 50)
        let tokenizer = try trained(texts)
        #expect(!tokenizer.encoded("</s></s>", special: .asText).contains(where: tokenizer.isSpecial))
        #expect(tokenizer.encoded("</s>") == [2])
    }

    @Test("Impossible options are refused", arguments: [-1, 0, 259, 1 << 30])
    func sizes(size: Int) {
        #expect(throws: Diagnostic.self) { try trained([], size: size) }
    }
}
