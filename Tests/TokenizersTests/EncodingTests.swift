import Testing

@testable import Tokenizers

@Suite("Encoding and decoding")
struct EncodingTests {
    @Test("Decoding gives back every byte, also of text that is not UTF-8", arguments: AgreementTests.kinds)
    func roundTrip(kind: String) throws {
        let tokenizer = try Tokenizer.load(Fixtures.path(kind))
        var texts = try Fixtures.corpus()
        texts += [[], [0xFF, 0xC3], [0xED, 0xA0, 0x80, 0x20, 0xF4, 0x90, 0x80, 0x80], Array(0...255)]
        for (text, ids) in zip(texts, tokenizer.encode(texts, workers: 1)) {
            #expect(try tokenizer.decode(ids) == text)
        }
    }

    @Test("Workers, caches and what was encoded before change nothing", arguments: AgreementTests.kinds)
    func workers(kind: String) throws {
        let tokenizer = try Tokenizer.load(Fixtures.path(kind))
        let texts = try Fixtures.corpus()
        let alone = texts.map { text in
            var ids: [TokenID] = []
            var encoder = TokenEncoder(tokenizer, caching: false)
            encoder.encode(text, into: &ids)
            return ids
        }
        for workers in [1, 2, 3, 100] { #expect(tokenizer.encode(texts, workers: workers) == alone) }
    }

    @Test("Long words merge as the definition says: the lowest rank, the leftmost of several")
    func longWords() throws {
        let model = try TokenizerModel(json: Fixtures.json("bloom"), file: "bloom.json")
        let tokenizer = try Tokenizer.load(Fixtures.path("bloom"))
        var state: UInt64 = 5
        for length in [2, 31, 32, 33, 127, 128, 129, 130, 300, 1000] {
            let word = (0..<length).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Array("eentssar".utf8)[Int(state >> 61)]
            }
            var ids: [TokenID] = []
            tokenizer.encode(word, into: &ids)
            #expect(ids == Self.merged(word, model), "\(length) bytes")
        }
    }

    /// The definition, step by step.
    private static func merged(_ word: [UInt8], _ model: TokenizerModel) -> [TokenID] {
        var tokens = word.map { model.byteTokens[Int($0)] }
        while true {
            let pairs = zip(tokens, tokens.dropFirst())
            let best = pairs.enumerated().compactMap { place, pair in
                model.merges.firstIndex { $0.left == pair.0 && $0.right == pair.1 }.map { ($0, place) }
            }.min { $0 < $1 }
            guard let (rank, place) = best else { return tokens }
            tokens.replaceSubrange(place...place + 1, with: [model.merges[rank].merged])
        }
    }

    @Test("A word of a megabyte is no trouble")
    func megabyte() throws {
        let tokenizer = try Tokenizer.load(Fixtures.path("bloom"))
        let word = [UInt8](repeating: UInt8(ascii: "e"), count: 1 << 20)
        var ids: [TokenID] = []
        tokenizer.encode(word, into: &ids)
        #expect(try tokenizer.decode(ids) == word)
    }

    @Test("Special tokens in a text are tokens or text, as asked")
    func specialText() throws {
        let tokenizer = try Tokenizer.load(Fixtures.path("bloom"))
        let end = try #require(tokenizer.documentEnd)
        #expect(tokenizer.id(of: "</s>") == end)
        #expect(tokenizer.encoded("a</s>") == tokenizer.encoded("a") + [end])
        let asText = tokenizer.encoded("a</s>", special: .asText)
        #expect(!asText.contains(where: tokenizer.isSpecial))
        #expect(try tokenizer.decode(asText) == Array("a</s>".utf8))
        #expect(try tokenizer.decode([end], skippingSpecial: true) == [])
    }

    @Test("The tokenizer bytes: a byte is its own token, and one more ends documents")
    func bytes() throws {
        let tokenizer = try Tokenizer.load("bytes")
        #expect(tokenizer.vocabularySize == 257)
        #expect(tokenizer.documentEnd == 256)
        let text = Array(0...255) as [UInt8]
        var ids: [TokenID] = []
        tokenizer.encode(text, into: &ids)
        #expect(ids == text.map { TokenID($0) })
        #expect(tokenizer.encoded("a<|end|>") == [97, 256])
        let written = try Tokenizer(json: tokenizer.json, path: "bytes.json")
        #expect(written.digest == tokenizer.digest)
        #expect(written.encoded("déjà <|end|>") == tokenizer.encoded("déjà <|end|>"))
    }

    @Test("Numbers that are no tokens are refused", arguments: [-1, 700, TokenID.max])
    func unknownNumbers(id: TokenID) throws {
        let tokenizer = try Tokenizer.load(Fixtures.path("bloom"))
        #expect(throws: (any Error).self) { try tokenizer.decode([5, id]) }
    }
}
