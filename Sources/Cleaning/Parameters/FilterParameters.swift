/// The limits of the filters for one language.
///
/// ``defaults(for:)`` gives those that the ROOTS corpus was filtered with (Laurençon et al. 2022, "The BigScience ROOTS
/// Corpus"; figures from `parameters_filtering.py` of bigscience-workshop/data-preparation). Ratios lie between 0 and 1.
/// A length of *n* counts characters (Unicode scalars) or words.
public struct FilterParameters: Sendable, Equatable {
    /// Whether words with `http`, `www`, `.com`, `href` or `//` are taken out of the text.
    public var removesLinkWords: Bool
    /// Whether words of more than ``wordLengthMax`` characters are taken out of the text.
    public var removesLongWords: Bool
    /// The longest word that stays, in characters, without the punctuation around it.
    public var wordLengthMax: Int
    public var wordCountMin: Int
    public var wordCountMax: Int
    /// The length of the character n-grams that are counted, and the greatest share of the most frequent ones.
    public var characterRepetitionLength: Int
    public var characterRepetitionMax: Double
    /// The length of the word n-grams that are counted, and the greatest share of those that occur more than once.
    public var wordRepetitionLength: Int
    public var wordRepetitionMax: Double
    /// The greatest share of characters that are neither letters nor marks (so with spaces, digits and punctuation).
    public var specialCharactersMax: Double
    /// The smallest share of words that are stop words.
    public var stopWordsMin: Double
    /// The greatest share of words that are flagged words.
    public var flaggedWordsMax: Double
    /// The smallest score of the expected language.
    ///
    /// Published for the fastText model `lid.176`; ours gives a probability too, of another calibration.
    public var languageScoreMin: Double
    /// The greatest perplexity as published, per SentencePiece piece under a KenLM model.
    ///
    /// Another unit than ``PerplexityFilter``'s bits per byte, so no stage of ours compares with it: it's here
    /// because it belongs to the published table.
    public var publishedPerplexityMax: Double

    public init(
        removesLinkWords: Bool, removesLongWords: Bool, wordLengthMax: Int, wordCountMin: Int, wordCountMax: Int,
        characterRepetitionLength: Int, characterRepetitionMax: Double, wordRepetitionLength: Int,
        wordRepetitionMax: Double, specialCharactersMax: Double, stopWordsMin: Double, flaggedWordsMax: Double,
        languageScoreMin: Double, publishedPerplexityMax: Double
    ) {
        self.removesLinkWords = removesLinkWords
        self.removesLongWords = removesLongWords
        self.wordLengthMax = wordLengthMax
        self.wordCountMin = wordCountMin
        self.wordCountMax = wordCountMax
        self.characterRepetitionLength = characterRepetitionLength
        self.characterRepetitionMax = characterRepetitionMax
        self.wordRepetitionLength = wordRepetitionLength
        self.wordRepetitionMax = wordRepetitionMax
        self.specialCharactersMax = specialCharactersMax
        self.stopWordsMin = stopWordsMin
        self.flaggedWordsMax = flaggedWordsMax
        self.languageScoreMin = languageScoreMin
        self.publishedPerplexityMax = publishedPerplexityMax
    }
}
