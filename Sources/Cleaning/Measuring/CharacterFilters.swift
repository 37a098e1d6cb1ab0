/// Keeps documents in which no few character n-grams make up much of the text.
///
/// The figure is ROOTS': of *d* different n-grams of characters, the occurrences of the √d most frequent ones (only of
/// those that occur more than once) over all occurrences. A text of fewer than *n* characters repeats nothing.
public struct CharacterRepetitionFilter: ScratchStage {
    /// *n*, at least 1.
    public var length: Int
    /// Between 0 and 1.
    public var maximum: Double
    public var name: String { "character-repetition" }

    public init(length: Int, maximum: Double) {
        self.length = length
        self.maximum = maximum
    }

    public func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome {
        let share = scratch.counts.characterRepetition(of: text, length: length)
        return Limit(side: .atMost, value: maximum).judge(share.ratio)
    }
}

/// Keeps documents made of letters: of all characters, few are spaces, punctuation, digits, symbols or controls.
///
/// By general category: everything but letters (L) and marks (M) counts as special. ROOTS' list has the same kinds of
/// characters but was collected by hand, with a few vowel signs of Devanagari in it, so its figure for Hindi is higher.
public struct SpecialCharacterFilter: ScratchStage {
    /// Between 0 and 1.
    public var maximum: Double
    public var name: String { "special-characters" }

    public init(maximum: Double) { self.maximum = maximum }

    public func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome {
        let scan = scratch.scan(text)
        let ratio = scan.characterCount == 0 ? 0 : Double(scan.specialCount) / Double(scan.characterCount)
        return Limit(side: .atMost, value: maximum).judge(ratio)
    }
}

/// Keeps documents of at least so many bytes of UTF-8: ROOTS used 300 for some sources and 1,024 for others.
public struct SizeFilter: CleaningStage {
    public var bytesMin: Int
    public var name: String { "size" }

    public init(bytesMin: Int) { self.bytesMin = bytesMin }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        Limit.judge(text.count, .atLeast, bytesMin, "bytes")
    }
}
