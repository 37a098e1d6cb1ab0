import Testing

@testable import Evaluation

@Suite("Sampling")
struct SamplingTests {
    private static let logits: [Float] = [0.5, 2, 1, 2, -1, 0]

    private func tokens(_ sampling: Sampling) -> Set<Int32> {
        Set((0..<400).map { sampling.token(Self.logits[...], stream: 0, position: $0) })
    }

    @Test("top-k draws from the likeliest alone, of equals from those of least number")
    func topK() {
        #expect(tokens(Sampling(temperature: 5)) == [0, 1, 2, 3, 4, 5])
        #expect(tokens(Sampling(temperature: 5, topK: 3)) == [1, 2, 3])
        #expect(tokens(Sampling(temperature: 5, topK: 1)) == [1])
        #expect(tokens(Sampling(temperature: 5, topK: 100)) == [0, 1, 2, 3, 4, 5])
    }

    @Test("top-p draws from the likeliest that reach the share, the one that reaches it included")
    func topP() {
        // Probabilities at temperature 1: 0.36, 0.36 (1 and 3), 0.13 (2), 0.08, 0.05, 0.02.
        #expect(tokens(Sampling(temperature: 1, topP: 1)) == [0, 1, 2, 3, 4, 5])
        #expect(tokens(Sampling(temperature: 1, topP: 0.75)) == [1, 2, 3])
        #expect(tokens(Sampling(temperature: 1, topP: 0.5)) == [1, 3])
        #expect(tokens(Sampling(temperature: 1, topP: 1e-9)) == [1])
        // The share is that of what top-k has left.
        #expect(tokens(Sampling(temperature: 1, topK: 3, topP: 0.9)) == [1, 2, 3])
        #expect(tokens(Sampling(temperature: 1, topK: 3, topP: 0.8)) == [1, 3])
    }

    @Test("limits that leave everything change no draw")
    func noLimit() {
        for position in 0..<50 {
            let plain = Sampling(temperature: 0.9, seed: 3).token(Self.logits[...], stream: 2, position: position)
            let limited = Sampling(temperature: 0.9, topK: 6, topP: 1, seed: 3)
            #expect(limited.token(Self.logits[...], stream: 2, position: position) == plain)
        }
    }

    @Test("a slice of a larger table is read from its own beginning")
    func slices() {
        let table: [Float] = [9, 9, 9] + Self.logits
        #expect(Sampling().token(table[3...], stream: 0, position: 0) == 1)
        #expect(Sampling(temperature: 1, topK: 1).token(table[3...], stream: 0, position: 0) == 1)
    }
}

@Suite("Text as it is written")
struct TextStreamTests {
    private func pieces(_ text: String, by size: Int, stops: [String] = [], keepsLines: Bool = true) -> String {
        var stream = TextStream(stops: StopStrings(stops), keepsLines: keepsLines)
        let bytes = Array(text.utf8)
        var shown = ""
        for start in stride(from: 0, to: bytes.count, by: size) {
            let part = stream.add(Array(bytes[start..<min(start + size, bytes.count)]))
            #expect(!part.unicodeScalars.contains("\u{FFFD}"))
            shown += part
        }
        return shown + stream.finish()
    }

    @Test("is the same however its bytes are divided", arguments: [1, 2, 3, 5, 100])
    func divided(size: Int) {
        let text = "Épinards, 菠菜, шпинат, سبانخ, 🌱."
        #expect(pieces(text, by: size) == text)
        #expect(pieces("\n\na\n\nb\r\nc\n", by: size, keepsLines: false) == "a b c")
        #expect(pieces("eins zwei drei", by: size, stops: [" dr", "x"]) == "eins zwei")
        #expect(pieces("eins zwei dr", by: size, stops: ["drei"]) == "eins zwei dr")
        #expect(pieces("温室里的", by: size, stops: ["里"]) == "温室")
    }

    @Test("nothing comes after a stop")
    func stopped() {
        var stream = TextStream(stops: StopStrings(["\n", ""]), keepsLines: true)
        #expect(stream.add(Array("ja\nnein".utf8)) == "ja")
        #expect(stream.isStopped)
        #expect(stream.add(Array("x".utf8)).isEmpty && stream.finish().isEmpty)
    }

    @Test("bytes that are no text show as a replacement character")
    func noText() {
        var stream = TextStream(stops: StopStrings([]), keepsLines: true)
        #expect(stream.add([0x41, 0xE2, 0x82]) == "A")
        #expect(stream.finish() == "\u{FFFD}")
    }
}
