import Cleaning
import Testing

/// All stages with limits that let much pass, so that each sees the text.
private let everyStage: [any CleaningStage] = [
    UnicodeNormalisation(form: .nfc), UnicodeNormalisation(form: .nfkc), WhitespaceNormalisation(), LinkWordRemoval(),
    LongWordRemoval(charactersMax: 25),
    WordCountFilter(minimum: 0, maximum: .max),
    CharacterRepetitionFilter(length: 10, maximum: 1), WordRepetitionFilter(length: 5, maximum: 1),
    SpecialCharacterFilter(maximum: 1), SizeFilter(bytesMin: 0), CodeNormalisation(), CodeSizeFilter(),
    CodeLineFilter(), CodeTokenFilter(), CodeCharacterFilter(),
]

/// Documents that nobody should send.
private let oddTexts: [OddText] = [
    OddText(name: "empty", []), OddText(name: "spaces", filled(0x20, 1000)), OddText(name: "lines", filled(0x0A, 1000)),
    OddText(name: "one enormous word", enormousWord(300_000)),
    OddText(name: "one character a million times", filled(0x61, 1 << 20)),
    OddText(name: "one Han character", Array(String(repeating: "好", count: 100_000).utf8)),
    OddText(name: "marks alone", Array(String(repeating: "\u{301}", count: 10_000).utf8)),
    OddText(name: "zero bytes", filled(0, 1000)), OddText(name: "no UTF-8", everyByte(4096)),
    OddText(name: "a cut character", [0xE5, 0xA5]), OddText(name: "a lone lead byte", [0x61, 0xF0]),
    OddText(name: "above Unicode", [0xF4, 0xBF, 0xBF, 0xBF]), OddText(name: "highest", Array("\u{10FFFF}".utf8)),
    OddText(name: "byte-order mark", [0xEF, 0xBB, 0xBF]),
]

struct OddText: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]

    init(name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    var testDescription: String { name }
}

private func filled(_ byte: UInt8, _ count: Int) -> [UInt8] { Array(repeating: byte, count: count) }

private func enormousWord(_ count: Int) -> [UInt8] {
    (0..<count).map { (place: Int) -> UInt8 in UInt8(97 + (place % 1009) * (place % 1009) % 26) }
}

private func everyByte(_ count: Int) -> [UInt8] {
    (0..<count).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: place &* 37) }
}

@Suite struct BadInputTests {
    @Test(arguments: oddTexts)
    func `Every stage survives any bytes and gives the same answer again`(_ odd: OddText) {
        let scratch = CleaningScratch()
        for stage in everyStage {
            var first = odd.bytes
            var second = odd.bytes
            let outcome = stage.apply(to: &first)
            scratch.forgetText()
            #expect(stage.apply(to: &second, using: scratch) == outcome, "\(stage.name) of \(odd.name)")
            #expect(first == second)
        }
    }

    @Test func `One character a million times is all repetition`() {
        let text = String(repeating: "a", count: 1 << 20)
        #expect(apply(CharacterRepetitionFilter(length: 10, maximum: 0.99), text).outcome.isDropped)
    }

    @Test(arguments: ["", "   ", "\n \n"])
    func `Text without words is dropped by the first filter of words`(_ text: String) throws {
        let pipeline = CleaningPipeline.text(language: "en", resources: CleaningResources())
        #expect(pipeline.clean(Array(text.utf8)).dropped?.stage == "word-count")
    }
}
