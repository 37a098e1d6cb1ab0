import Cleaning
import Diagnostics
import Foundation
import Testing

@Suite struct ByteModelTests {
    private static func model(_ language: String, order: Int = 5, without name: String = "") -> ByteModel {
        var trainer = ByteModelTrainer(language: language, order: order)
        for fixture in fixtureTexts where fixture.language == language && fixture.name != name {
            trainer.add(fixture.text)
        }
        return trainer.model()
    }

    // By hand: in "abab" (after a line feed) a and b come twice each: p(a) = (2 − ¾)/4 + ¾·2/4/256 and the same for b.
    @Test func `One order gives discounted shares`() throws {
        var trainer = ByteModelTrainer(language: "xx", order: 1)
        trainer.add(Array("abab".utf8))
        let expected = -log2((2 - 0.75) / 4 + 0.75 * 2 / 4 / 256)
        let found = try #require(trainer.model().bitsPerByte(of: Array("ab".utf8)))
        #expect(abs(found - expected) < 1e-12)
        let unknown = try #require(trainer.model().bitsPerByte(of: Array("z".utf8)))
        #expect(abs(unknown + log2(0.75 * 2 / 4 / 256)) < 1e-12)
    }

    // p(b|a) = (2 − ¾)/2 + ¾·1/2·p(b): after a, b came twice and nothing else did.
    @Test func `Two orders are interpolated`() throws {
        var trainer = ByteModelTrainer(language: "xx", order: 2)
        trainer.add(Array("abab".utf8))
        let single = (2 - 0.75) / 4 + 0.75 * 2 / 4 / 256
        let first = (1 - 0.75) / 1 + 0.75 * 1 / 1 * single
        let second = (2 - 0.75) / 2 + 0.75 * 1 / 2 * single
        let found = try #require(trainer.model().bitsPerByte(of: Array("ab".utf8)))
        #expect(abs(found + (log2(first) + log2(second)) / 2) < 1e-12)
    }

    @Test func `Probabilities of all bytes add up to one`() throws {
        let model = Self.model("en", order: 4)
        let context = Array("greenhou".utf8)
        let before = try #require(model.bitsPerByte(of: context)) * Double(context.count)
        var sum = 0.0
        for byte in UInt8.min...UInt8.max {
            let bits = try #require(model.bitsPerByte(of: context + [byte])) * Double(context.count + 1)
            sum += exp2(before - bits)
        }
        #expect(abs(sum - 1) < 1e-9)
    }

    @Test(arguments: ["en", "fr", "zh", "ar"])
    func `Held-out text is likelier than text of another language or shuffled text`(_ language: String) throws {
        let heldOut = try #require(fixtureTexts.first { $0.language == language })
        let model = Self.model(language, without: heldOut.name)
        let own = try #require(model.bitsPerByte(of: heldOut.text))
        let other = try #require(fixtureTexts.first { $0.language == "de" })
        #expect(try own + 0.5 < #require(model.bitsPerByte(of: other.text)))
        #expect(try own + 0.5 < #require(model.bitsPerByte(of: heldOut.text.reversed())))
    }

    @Test func `Without a limit it reports; with one it drops beyond it`() {
        let model = Self.model("en")
        let text = "The greenhouse was warm and the tomatoes were ripe."
        guard case .kept(let measure) = apply(PerplexityFilter(model: model), text).outcome else {
            Issue.record("dropped without a limit")
            return
        }
        #expect(measure?.hasSuffix(" bits per byte") == true)
        #expect(!apply(PerplexityFilter(model: model, bitsPerByteMax: 8), text).outcome.isDropped)
        #expect(apply(PerplexityFilter(model: model, bitsPerByteMax: 0.1), text).outcome.isDropped)
        #expect(!apply(PerplexityFilter(model: model, bitsPerByteMax: 0.1), "").outcome.isDropped)
    }

    @Test func `A file holds the same model, and damage is refused`() throws {
        let model = Self.model("fr")
        let path = NSTemporaryDirectory() + "byte-model-\(ProcessInfo.processInfo.globallyUniqueString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try model.write(to: path)
        let read = try ByteModel(path: path)
        #expect(read.digest == model.digest)
        #expect(read.language == "fr")
        let text = Array("La serre est chaude.".utf8)
        #expect(read.bitsPerByte(of: text) == model.bitsPerByte(of: text))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in [0, 9, 13, 33, 40, bytes.count / 2, bytes.count - 1] {
            var damaged = bytes
            damaged[place] ^= 1
            try damaged.write(to: URL(fileURLWithPath: path))
            #expect(throws: Diagnostic.self) { try ByteModel(path: path) }
        }
        try bytes.prefix(50).write(to: URL(fileURLWithPath: path))
        #expect(throws: Diagnostic.self) { try ByteModel(path: path) }
        #expect(throws: Diagnostic.self) { try ByteModel(path: path + ".none") }
    }

    @Test func `The order of documents changes nothing`() {
        let texts = fixtureTexts.filter { $0.language == "es" }.map(\.text)
        var forward = ByteModelTrainer(language: "es")
        var backward = ByteModelTrainer(language: "es")
        for text in texts { forward.add(text) }
        for text in texts.reversed() { backward.add(text) }
        #expect(forward.model().digest == backward.model().digest)
    }

    @Test func `The number of workers changes nothing`() {
        var trainer = ByteModelTrainer(language: "en", order: 6)
        for fixture in fixtureTexts where fixture.language == "en" { trainer.add(fixture.text) }
        let one = trainer.model(workers: 1)
        for workers in [2, 3, 16] { #expect(trainer.model(workers: workers).digest == one.digest) }
        #expect(one.fileByteCount > 30_000 && trainer.usedBytes > 4_000 && trainer.unusedCount == 0)
    }
}
