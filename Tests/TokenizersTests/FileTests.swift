import Diagnostics
import Foundation
import Testing

@testable import Tokenizers

@Suite("Reading tokenizer.json")
struct FileTests {
    /// A text in llama3.json, what it is replaced by, and the code and key of the complaint.
    struct Change: Sendable, CustomTestStringConvertible {
        var old, new, code, key: String
        var testDescription: String { "\(key): \(new)" }
    }

    static let changes = [
        Change(
            old: "\"normalizer\": null", new: "\"normalizer\": {\"type\": \"NFC\"}", code: "unsupported",
            key: "normalizer"),
        Change(old: "\"truncation\": null", new: "\"truncation\": {}", code: "unsupported", key: "truncation"),
        Change(old: "\"version\"", new: "\"versions\"", code: "unsupported", key: "versions"),
        Change(old: "\"version\": \"1.0\"", new: "\"version\": \"2.0\"", code: "unsupported", key: "version"),
        Change(
            old: "\\\\p{N}{1,3}", new: "\\\\p{N}", code: "unsupported", key: "pre_tokenizer.pretokenizers[0].pattern"),
        Change(
            old: "\"Isolated\"", new: "\"MergedWithNext\"", code: "unsupported",
            key: "pre_tokenizer.pretokenizers[0].behavior"),
        Change(old: "\"type\": \"BPE\"", new: "\"type\": \"Unigram\"", code: "unsupported", key: "model.type"),
        Change(old: "\"dropout\": null", new: "\"dropout\": 0.1", code: "unsupported", key: "model.dropout"),
        Change(
            old: "\"end_of_word_suffix\": null", new: "\"end_of_word_suffix\": \"</w>\"", code: "unsupported",
            key: "model.end_of_word_suffix"),
        Change(
            old: "\"ignore_merges\": true", new: "\"ignore_merges\": 1", code: "malformed", key: "model.ignore_merges"),
        Change(old: "\"!\": 0", new: "\"!!!!!\": 0", code: "unsupported", key: "model.vocab"),
        Change(old: "\"!\": 0", new: "\"!\": 1", code: "malformed", key: "model.vocab.\""),
        Change(old: "\"!\": 0", new: "\"!\": 1000000000", code: "malformed", key: "model.vocab.!"),
        Change(old: "\"!\": 0", new: "\"\\\"\": 0", code: "malformed", key: "model.vocab.\""),
        Change(
            old: "\"single_word\": false", new: "\"single_word\": true", code: "unsupported",
            key: "added_tokens[0].single_word"),
        Change(old: "\"id\": 700", new: "\"id\": 7000", code: "malformed", key: "added_tokens[0]"),
        Change(old: "\"version\": \"1.0\",", new: "\"version\": \"1.0\"", code: "json", key: ""),
    ]

    @Test("What is not supported or makes no sense is named", arguments: changes)
    func refusals(change: Change) throws {
        let text = String(decoding: try Fixtures.json("llama3"), as: UTF8.self)
        let range = try #require(text.range(of: change.old))
        let changed = text.replacingCharacters(in: range, with: change.new)
        let problem = #expect(throws: Diagnostic.self) { try Tokenizer(json: Array(changed.utf8), path: "t.json") }
        #expect(problem?.code == "tokenizer." + change.code)
        #expect((problem?.location?.key ?? "") == change.key)
        #expect(problem?.expected != nil)
    }

    @Test("Written again, a file says the same", arguments: AgreementTests.kinds)
    func writing(kind: String) throws {
        let model = try TokenizerModel(json: Fixtures.json(kind), file: kind)
        #expect(try TokenizerModel(json: model.json(), file: kind) == model)
    }

    @Test("Merges may be texts with a space or pairs")
    func mergeForms() throws {
        var model = try TokenizerModel(json: Fixtures.json("gpt2"), file: "gpt2")
        let first = try #require(model.merges.first)
        model.merges = [first]
        let pairs = String(decoding: model.json(), as: UTF8.self)
        let names = [first.left, first.right].map { ByteAlphabet.text(of: model.tokens[$0]) }
        let cut = try #require(pairs.range(of: "\"merges\": "))
        let texts = pairs[..<cut.upperBound] + "[\"\(names[0]) \(names[1])\"]}}"
        #expect(try TokenizerModel(json: Array(texts.utf8), file: "texts") == model)
    }

    @Test("Damaged files are refused or load, and never crash", arguments: AgreementTests.kinds)
    func damage(kind: String) throws {
        let tests = ProcessInfo.processInfo.environment["SERRE_FUZZ"].flatMap { Int($0) } ?? 600
        // A small vocabulary, so that damage also meets what stands around it.
        var model = try TokenizerModel(json: Fixtures.json(kind), file: kind)
        model.merges.removeLast(model.merges.count - 20)
        let original = model.json()
        var state: UInt64 = 7
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, bound)
        }
        var loaded = 0
        for _ in 0..<tests / 3 {
            var json = original
            for _ in 0...random(3) {
                let at = random(json.count)
                switch random(5) {
                case 0: json[at] = UInt8(random(256))
                case 1: json.removeSubrange(at..<min(json.count, at + 1 + random(40)))
                case 2: json.insert(contentsOf: json[at..<min(json.count, at + random(60))], at: random(json.count))
                case 3: json.replaceSubrange(at...at, with: Array("\"[{}]:,0-9e\\u".utf8).suffix(1 + random(13)))
                default: json.removeLast(random(json.count / 8))
                }
                if json.isEmpty { json = [0] }
            }
            guard let tokenizer = try? Tokenizer(json: json, path: "damaged.json") else { continue }
            loaded += 1
            let ids = tokenizer.encoded("Une serre, </s><|endoftext|> 12 語\n")
            #expect(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
        }
        #expect(loaded > 0)
    }

    @Test("Missing files are named")
    func missing() {
        let problem = #expect(throws: Diagnostic.self) { try Tokenizer.load("no/such/tokenizer.json") }
        #expect(problem?.code == "tokenizer.missing")
    }
}
