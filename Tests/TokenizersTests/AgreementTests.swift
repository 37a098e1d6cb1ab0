import Foundation
import Integrity
import Testing

@testable import Tokenizers

@Suite("Agreement with Hugging Face's tokenizers, token by token")
struct AgreementTests {
    static let kinds = ["bloom", "gpt2", "llama3"]

    @Test("Texts in ten languages, edge cases, special tokens", arguments: kinds)
    func texts(kind: String) throws {
        let tokenizer = try Tokenizer.load(Fixtures.path(kind))
        let expected = try Fixtures.expected()
        let ids = try #require(expected.kinds[kind]).ids
        #expect(expected.texts.count == ids.count)
        var encoder = TokenEncoder(tokenizer)
        for (text, ids) in zip(expected.texts, ids) {
            var found: [TokenID] = []
            encoder.encode(Array(text.utf8), into: &found)
            #expect(found == ids, "\(text.debugDescription)")
        }
    }

    @Test("Every character of the first two planes between others", arguments: kinds)
    func characters(kind: String) throws {
        let tokenizer = try Tokenizer.load(Fixtures.path(kind))
        let expected = try Fixtures.expected()
        let digests = try #require(expected.kinds[kind]).characters
        let characters = (0..<0x20000).compactMap { Unicode.Scalar($0 as UInt32) }.map { Character($0) }
        for (pattern, digest) in zip(expected.patterns, digests) {
            let parts = pattern.components(separatedBy: "{0}")
            let texts = stride(from: 0, to: characters.count, by: 4096).map { start in
                let end = min(start + 4096, characters.count)
                return characters[start..<end].flatMap { Array((parts[0] + String($0) + parts[1]).utf8) }
            }
            let ids = tokenizer.encode(texts, workers: 2).flatMap { $0 }
            let found = ids.withUnsafeBytes { SHA256.digest(of: $0) }
            #expect(found.hex == digest, "\(pattern.debugDescription)")
        }
    }

    @Test("The template's tokens", arguments: kinds)
    func template(kind: String) throws {
        let tokenizer = try Tokenizer.load(Fixtures.path(kind))
        let expected = try #require(Fixtures.expected().kinds[kind]).template
        #expect(tokenizer.template.before + tokenizer.encoded("a") + tokenizer.template.after == expected)
    }

    @Test("The trainer learns the same tokens and merges, in the same order")
    func training() throws {
        var options = TokenizerTrainer.Options(vocabularySize: 700)
        options.leastFrequency = 1
        var trainer = try TokenizerTrainer(options, workers: 2)
        trainer.add(try Fixtures.corpus())
        let learned = trainer.finish(name: "learned").model
        let expected = try TokenizerModel(json: Fixtures.json("bloom"), file: "bloom.json")
        #expect(learned.tokens == expected.tokens)
        #expect(learned.merges == expected.merges)
        #expect(learned == expected)
    }
}
