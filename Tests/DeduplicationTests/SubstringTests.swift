import Testing

@testable import Deduplication

@Suite struct SubstringTests {
    /// The definition: a window goes if the same bytes lie earlier without overlapping it.
    private static func bruteForce(_ texts: [[UInt8]], bytesMin: Int) -> [[Range<Int>]] {
        var windows = [(text: Int, start: Int)]()
        return texts.indices.map { number in
            var doomed = [Bool](repeating: false, count: texts[number].count)
            for start in stride(from: 0, through: texts[number].count - bytesMin, by: 1) {
                let window = texts[number][start..<start + bytesMin]
                let repeats = windows.contains { earlier in
                    (earlier.text < number || earlier.start + bytesMin <= start)
                        && texts[earlier.text][earlier.start..<earlier.start + bytesMin].elementsEqual(window)
                }
                if repeats { for index in start..<start + bytesMin { doomed[index] = true } }
                windows.append((number, start))
            }
            return ranges(doomed, texts[number])
        }
    }

    private static func ranges(_ doomed: [Bool], _ text: [UInt8]) -> [Range<Int>] {
        var ranges = [Range<Int>]()
        for index in doomed.indices where doomed[index] {
            if let last = ranges.last, last.upperBound == index {
                ranges[ranges.count - 1] = last.lowerBound..<index + 1
            } else {
                ranges.append(index..<index + 1)
            }
        }
        return ranges.compactMap { range in
            let whole = range.filter { index in
                // The whole character that a byte belongs to lies in the range.
                var start = index
                while text[start] & 0xC0 == 0x80 { start -= 1 }
                var end = index + 1
                while end < text.count && text[end] & 0xC0 == 0x80 { end += 1 }
                return start >= range.lowerBound && end <= range.upperBound
            }
            return whole.isEmpty ? nil : whole[0]..<whole[whole.count - 1] + 1
        }
    }

    static let alphabets: [[String]] = [
        ["a"], ["a", "b"], ["a", "b", "c", "d"], ["é", "a"], ["日", "本", "a"], ["𠀀", "б", "c"],
    ]

    @Test(arguments: alphabets, [8, 9, 12, 20])
    func agreesWithBruteForce(alphabet: [String], bytesMin: Int) {
        for seed in 0..<8 {
            var random = Random(seed: UInt64(seed * 100 + bytesMin))
            var texts = [[UInt8]]()
            for _ in 0..<6 {
                var text = (0..<random.below(40)).map { _ in alphabet[random.below(alphabet.count)] }.joined()
                // Pieces of earlier texts, from within characters too.
                for _ in 0..<random.below(4) where !texts.isEmpty {
                    let source = texts[random.below(texts.count)]
                    let start = random.below(source.count + 1)
                    text += String(decoding: source[start..<min(source.count, start + random.below(60))], as: UTF8.self)
                    text += alphabet[random.below(alphabet.count)]
                }
                texts.append(Array(text.utf8))
            }
            let expected = Self.bruteForce(texts, bytesMin: bytesMin)
            for runBytes in [bytesMin / 2, 1, bytesMin] {
                var repeats = RepeatedSubstrings(bytesMin: bytesMin, memoryBytesMax: 1 << 30, runBytes: runBytes)
                #expect(texts.map { repeats.insert($0) } == expected)
            }
        }
    }

    /// Gives texts one after the other, whose repeats are known by a set of windows.
    private static func expectTheRepeats(of texts: [[UInt8]], bytesMin: Int) {
        var repeats = RepeatedSubstrings(bytesMin: bytesMin)
        var seen = Set<[UInt8]>()
        for text in texts {
            let windows = (0...text.count - bytesMin).map { Array(text[$0..<$0 + bytesMin]) }
            // Within a text, windows enter the set once they can no longer overlap.
            var doomed = [Bool](repeating: false, count: text.count)
            for start in windows.indices {
                if start >= bytesMin { seen.insert(windows[start - bytesMin]) }
                if seen.contains(windows[start]) { for index in start..<start + bytesMin { doomed[index] = true } }
            }
            windows.forEach { seen.insert($0) }
            #expect(repeats.insert(text) == ranges(doomed, text))
        }
    }

    /// Far more text than is examined at once: words that recur.
    @Test func longTextsToo() {
        var random = Random(seed: 31)
        let words: [[UInt8]] = (0..<40).map { _ in (0..<3 + random.below(9)).map { _ in UInt8(97 + random.below(26)) } }
        let texts = (0..<6).map { _ in (0..<4000).flatMap { _ -> [UInt8] in words[random.below(words.count)] + [32] } }
        Self.expectTheRepeats(of: texts, bytesMin: 24)
    }

    /// The same run of bytes, amid others each time or amid those of another time: from one place of it to hundreds.
    @Test(arguments: [1, 7, 8, 9, 10, 300])
    func anAnchorOfManyPlaces(places: Int) {
        var random = Random(seed: 77)
        let run = [UInt8](repeating: 32, count: 15)
        var sides = [[UInt8]]()
        let texts = (0..<6).map { _ in
            (0..<places).flatMap { _ -> [UInt8] in
                if sides.count < 2 || random.below(3) > 0 {
                    sides.append((0..<1 + random.below(30)).map { _ in UInt8(97 + random.below(26)) })
                }
                return sides[random.below(sides.count)] + run + sides[random.below(sides.count)]
            } + [UInt8](repeating: 46, count: 20)
        }
        Self.expectTheRepeats(of: texts, bytesMin: 20)
    }

    /// What windows are counted as decides where shards end, and so what is found in more text than memory holds.
    @Test func memoryIsCountedAsEver() {
        var random = Random(seed: 5)
        let words: [[UInt8]] = (0..<60).map { _ in (0..<3 + random.below(9)).map { _ in UInt8(97 + random.below(26)) } }
        var repeats = RepeatedSubstrings(bytesMin: 24, memoryBytesMax: 1_000_000)
        var figures = [Int]()
        for _ in 0..<8 {
            _ = repeats.insert((0..<3000).flatMap { _ -> [UInt8] in words[random.below(words.count)] + [32] })
            figures.append(repeats.memoryBytes)
        }
        #expect(figures == [286_016, 965_700, 989_376, 286_099, 965_174, 989_006, 285_990, 965_318])
        #expect(repeats.shards == 3)
    }

    private static func remaining(_ texts: [String], bytesMin: Int = 50) -> [String] {
        var repeats = RepeatedSubstrings(bytesMin: bytesMin)
        return texts.map { text in
            var bytes = Array(text.utf8)
            repeats.remove(from: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    static let sentence = "Wer nicht fragt, dem kann auch niemand antworten, sagte sie."

    @Test func theFirstStays() {
        #expect(Self.remaining([Self.sentence, "Alt: " + Self.sentence + " Neu."]) == [Self.sentence, "Alt:  Neu."])
        #expect(Self.remaining([Self.sentence + "\n" + Self.sentence]) == [Self.sentence + "\n"])
        #expect(Self.remaining([Self.sentence, Self.sentence, Self.sentence]) == [Self.sentence, "", ""])
    }

    @Test func shorterRepeatsStay() {
        let short = String(Self.sentence.prefix(49))
        #expect(Self.remaining([short + "x", short + "y"]) == [short + "x", short + "y"])
        let enough = String(Self.sentence.prefix(50))
        #expect(Self.remaining([enough + "x", enough + "y"]) == [enough + "x", "y"])
    }

    /// What ends one text and begins the next is not a stretch of text.
    @Test func windowsStayWithinTexts() {
        let (head, tail) = (String(Self.sentence.prefix(30)), String(Self.sentence.dropFirst(30)))
        #expect(Self.remaining([head, tail, Self.sentence]) == [head, tail, Self.sentence])
        let padding = String((0..<50).map { Character(Unicode.Scalar(UInt8(60 + $0))) })
        #expect(Self.remaining([padding + head, tail + padding, Self.sentence])[2] == Self.sentence)
    }

    @Test func oneLetterKeepsOneWindow() {
        let run = String(repeating: "-", count: 100_000)
        #expect(Self.remaining([run, run]) == [String(repeating: "-", count: 50), ""])
    }

    @Test func aShardForgets() {
        let filler = { (seed: Int) in
            var random = Random(seed: UInt64(seed))
            return (0..<4000).map { _ in UInt8(97 + random.below(26)) }
        }
        var repeats = RepeatedSubstrings(memoryBytesMax: 100_000)
        #expect(repeats.insert(filler(0)).isEmpty)
        #expect(repeats.insert(filler(0)) == [0..<4000])
        for seed in 1..<20 { _ = repeats.insert(filler(seed)) }
        #expect(repeats.shards > 1)
        #expect(repeats.insert(filler(0)).isEmpty)
        #expect(repeats.insert(filler(19)) == [0..<4000])
        #expect(repeats.memoryBytes <= 200_000)
    }

    @Test func aTextBeyondTheBoundIsAShard() {
        var repeats = RepeatedSubstrings(memoryBytesMax: 1)
        let text = Array((Self.sentence + Self.sentence).utf8)
        #expect(repeats.insert(text) == [text.count / 2..<text.count])
        #expect(repeats.insert(text) == [text.count / 2..<text.count])
        #expect(repeats.shards == 2)
    }
}
