import Cleaning
import Testing

@Suite struct StageLimitTests {
    @Test(arguments: [(9, true), (10, false), (20, false), (21, true)])
    func `Word counts stay between both limits`(_ words: Int, _ isDropped: Bool) {
        let outcome = apply(WordCountFilter(minimum: 10, maximum: 20), differentWords(words)).outcome
        #expect(outcome.isDropped == isDropped)
    }

    @Test func `Reasons hold figure and limit`() {
        let few = apply(WordCountFilter(minimum: 10, maximum: 20), "one two").outcome
        #expect(few == .dropped(reason: "2 of at least 10 words"))
        let special = apply(SpecialCharacterFilter(maximum: 0.4), "ab!!").outcome
        #expect(special == .dropped(reason: "0.50 of at most 0.40"))
        let close = apply(SpecialCharacterFilter(maximum: 0.498), "ab!!").outcome
        #expect(close == .dropped(reason: "0.500 of at most 0.498"))
        #expect(apply(SpecialCharacterFilter(maximum: 0.5), "ab!!").outcome == .kept(measure: "0.50 of at most 0.50"))
    }

    // Words count without the punctuation around them, and pieces of punctuation alone are no words.
    @Test(arguments: [
        ("Hello, world", 2), ("« Bonjour » !", 1), ("don't stop", 2), ("--- ***", 0), ("e.g. this", 2),
        ("你好，世界", 4), ("カタカナ語 です", 7), ("ภาษา", 4), ("한국어 문장", 2), ("PythonでHello", 3), ("नमस्ते दुनिया", 2),
        ("a\u{3000}b\u{2028}c", 3), ("12 34", 0), ("x1 1x", 2),
    ])
    func `Words are what stands between white space, and letters of scripts without spaces`(
        _ text: String, _ count: Int
    ) {
        #expect(apply(WordCountFilter(minimum: count, maximum: count), text).outcome.isDropped == false)
    }

    // 10 characters are one 10-gram; "abababababab" (12) has ab… twice and ba… once: √2 → 1 n-gram, 2 of 3.
    @Test(arguments: [
        ("abababababab", 2.0 / 3), ("abcdefghij", 0.0), ("abcdefghijklmnopqrst", 0.0), ("short", 0.0),
        ("aaaaaaaaaaaaaaaaaaaa", 1.0),
    ])
    func `Character repetition is the share of the most frequent n-grams`(_ text: String, _ share: Double) {
        #expect(!apply(CharacterRepetitionFilter(length: 10, maximum: share), text).outcome.isDropped)
        if share > 0 {
            #expect(apply(CharacterRepetitionFilter(length: 10, maximum: share - 1e-9), text).outcome.isDropped)
        }
    }

    // Golden figures of compute_character_repetition_ratio as ROOTS defines it, computed by a literal reading in Python.
    @Test(arguments: [
        (3, "the cat sat on the mat and the cat sat on the mat again", 0.3584905660377358),
        (3, "你好你好世界你好你好世界", 0.4), (1, "mississippi", 0.7272727272727273),
    ])
    func `Character repetition agrees with a plain count`(_ length: Int, _ text: String, _ share: Double) {
        #expect(!apply(CharacterRepetitionFilter(length: length, maximum: share + 1e-12), text).outcome.isDropped)
        #expect(apply(CharacterRepetitionFilter(length: length, maximum: share - 1e-12), text).outcome.isDropped)
    }

    // 14 words give 10 5-grams; the first six repeat from the 8th on: two 5-grams occur twice, 4 of 10.
    @Test func `Word repetition is the share of n-grams that occur more than once`() {
        let text = "One two three four five six. Seven one two three four five six eight"
        #expect(!apply(WordRepetitionFilter(length: 5, maximum: 0.4), text).outcome.isDropped)
        #expect(apply(WordRepetitionFilter(length: 5, maximum: 0.399), text).outcome.isDropped)
        #expect(!apply(WordRepetitionFilter(length: 7, maximum: 0), text).outcome.isDropped)
    }

    @Test(arguments: [
        ("abc def", 1.0 / 7), ("été à 5 h", 4.0 / 9), ("नमस्ते", 0.0), ("a😀", 0.5), ("", 0.0), ("a\u{200D}b", 0.0),
    ])
    func `Special characters are all but letters and marks`(_ text: String, _ share: Double) {
        #expect(!apply(SpecialCharacterFilter(maximum: share), text).outcome.isDropped)
        if share > 0 { #expect(apply(SpecialCharacterFilter(maximum: share - 1e-9), text).outcome.isDropped) }
    }

    @Test func `Stop words need a least share`() throws {
        let words = try WordList(["le", "la", "de"])
        let text = "Le chat de la voisine dort"
        #expect(!apply(StopWordFilter(words: words, minimum: 0.5), text).outcome.isDropped)
        let outcome = apply(StopWordFilter(words: words, minimum: 0.51), text).outcome
        #expect(outcome == .dropped(reason: "0.50 of at least 0.51"))
        #expect(apply(StopWordFilter(words: words, minimum: 0.1), "").outcome.isDropped)
    }

    @Test func `Flagged words have a greatest share, and pairs count where they follow each other`() throws {
        let words = try WordList(lines: "# remark\n\nBad\nvery ugly\n坏人\n")
        #expect(words.count == 3)
        let filter = { (most: Double) in FlaggedWordFilter(words: words, maximum: most) }
        #expect(!apply(filter(0.25), "a BAD, good thing").outcome.isDropped)
        #expect(apply(filter(0.24), "a BAD, good thing").outcome.isDropped)
        #expect(apply(filter(0.24), "a very ugly thing").outcome.isDropped)
        #expect(!apply(filter(0), "ugly very").outcome.isDropped)
        #expect(apply(filter(0.2), "他是坏人").outcome.isDropped)
    }

    @Test func `A word list refuses entries of three words, with the line`() throws {
        #expect {
            try WordList(lines: "one\none two three\n", file: "flagged/en.txt")
        } throws: { error in
            "\(error)".contains("flagged/en.txt:2")
        }
    }

    @Test(arguments: [(300, 299, true), (300, 300, false), (1024, 1023, true), (1024, 1024, false)])
    func `Size has a least number of bytes`(_ least: Int, _ bytes: Int, _ isDropped: Bool) {
        let text = String(repeating: "a", count: bytes)
        #expect(apply(SizeFilter(bytesMin: least), text).outcome.isDropped == isDropped)
    }

    // The lists come from translated software; a language whose stories have too few of its words is left out of them.
    @Test func `Shipped stop words keep every story at the default limit`() {
        for story in fixtures("corpus") + fixtures("corpus-small") {
            guard let words = WordList.stopWords(of: story.language) else { continue }
            let limits = FilterParameters.defaults(for: story.language)
            let filter = StopWordFilter(words: words, minimum: limits.stopWordsMin)
            var text = story.text
            if case .dropped(let reason) = filter.apply(to: &text) { Issue.record("\(story.name): \(reason)") }
        }
    }
}
