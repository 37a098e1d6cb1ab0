/// Keeps documents whose number of words lies between two limits.
public struct WordCountFilter: ScratchStage {
    public var minimum: Int
    public var maximum: Int
    public var name: String { "word-count" }

    public init(minimum: Int, maximum: Int) {
        self.minimum = minimum
        self.maximum = maximum
    }

    public func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome {
        let count = scratch.scan(text).hashes.count
        if count < minimum { return Limit.judge(count, .atLeast, minimum, "words") }
        return Limit.judge(count, .atMost, maximum, "words")
    }
}

/// Keeps documents in which few occurrences of word n-grams are of n-grams that occur more than once.
///
/// Words are those of a text in lower case without punctuation around them; see ``CleaningScratch``. A text of fewer
/// than *n* words repeats nothing.
public struct WordRepetitionFilter: ScratchStage {
    /// *n*, at least 1.
    public var length: Int
    /// Between 0 and 1.
    public var maximum: Double
    public var name: String { "word-repetition" }

    public init(length: Int, maximum: Double) {
        self.length = length
        self.maximum = maximum
    }

    public func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome {
        let words = scratch.scan(text).hashes
        let share = scratch.counts.wordRepetition(of: words, length: length)
        return Limit(side: .atMost, value: maximum).judge(share.ratio)
    }
}

/// Keeps documents with a natural share of stop words: text of few is lists, keywords, or of another language.
public struct StopWordFilter: ScratchStage {
    public var words: WordList
    /// Between 0 and 1.
    public var minimum: Double
    public var name: String { "stop-words" }

    public init(words: WordList, minimum: Double) {
        self.words = words
        self.minimum = minimum
    }

    public func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome {
        Limit(side: .atLeast, value: minimum).judge(words.share(in: scratch.scan(text).hashes))
    }
}

/// Keeps documents with few flagged words: those of a list that the user supplies.
public struct FlaggedWordFilter: ScratchStage {
    public var words: WordList
    /// Between 0 and 1.
    public var maximum: Double
    public var name: String { "flagged-words" }

    public init(words: WordList, maximum: Double) {
        self.words = words
        self.maximum = maximum
    }

    public func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome {
        Limit(side: .atMost, value: maximum).judge(words.share(in: scratch.scan(text).hashes))
    }
}
