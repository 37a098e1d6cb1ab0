extension FilterParameters {
    /// The languages that ROOTS published limits of their own for.
    public static let publishedLanguages = published.map(\.language)

    /// The published limits for a language; those of the row `default` where ROOTS had none for it.
    ///
    /// Tags with script or region (`zh-Hant`, `pt_BR`) take the limits of their primary language.
    public static func defaults(for language: String) -> FilterParameters {
        let primary = primaryLanguage(of: language)
        return (published.first { $0.language == primary } ?? otherLanguages).parameters
    }

    /// One row of the published table, in its order of columns.
    private struct Row {
        var language: String
        var words: Int
        var longest: Int
        var characterRepetition: Double
        var wordRepetition: Double
        var special: Double
        var stop: Double
        var flagged: Double
        var score: Double
        var perplexity: Double
        /// What only Chinese and Urdu have otherwise.
        var characters = 10
        var wordGram = 5
        var wordsMax = 100_000
        /// The row for other languages removes no words.
        var removes = true

        init(
            _ language: String, _ words: Int, _ longest: Int, _ characterRepetition: Double,
            _ wordRepetition: Double, _ special: Double, _ stop: Double, _ flagged: Double, _ score: Double,
            _ perplexity: Double, characters: Int = 10, wordGram: Int = 5, wordsMax: Int = 100_000,
            removes: Bool = true
        ) {
            self.language = language
            self.words = words
            self.longest = longest
            self.characterRepetition = characterRepetition
            self.wordRepetition = wordRepetition
            self.special = special
            self.stop = stop
            self.flagged = flagged
            self.score = score
            self.perplexity = perplexity
            self.characters = characters
            self.wordGram = wordGram
            self.wordsMax = wordsMax
            self.removes = removes
        }

        var parameters: FilterParameters {
            FilterParameters(
                removesLinkWords: removes, removesLongWords: removes, wordLengthMax: longest, wordCountMin: words,
                wordCountMax: wordsMax, characterRepetitionLength: characters,
                characterRepetitionMax: characterRepetition, wordRepetitionLength: wordGram,
                wordRepetitionMax: wordRepetition, specialCharactersMax: special, stopWordsMin: stop,
                flaggedWordsMax: flagged, languageScoreMin: score, publishedPerplexityMax: perplexity)
        }
    }

    private static let otherLanguages = Row(
        "default", 10, 50, 0.2, 0.3, 0.4, 0.1, 0.1, 0.70, 10000, removes: false)

    // words min, longest word, character repetition, word repetition, special, stop words, flagged, score, perplexity
    private static let published = [
        Row("ar", 20, 25, 0.20, 0.34, 0.30, 0.07, 0.03, 0.81, 2300),
        Row("bn", 33, 20, 0.13, 0.21, 0.45, 0.002, 0.001, 0.95, 2000),
        Row("ca", 15, 20, 0.20, 0.40, 0.25, 0.25, 0.1, 0.80, 2500),
        Row("en", 20, 25, 0.106, 0.19, 0.40, 0.30, 0.01, 0.80, 1500),
        Row("es", 16, 25, 0.14, 0.25, 0.34, 0.40, 0.01, 0.80, 1300),
        Row("eu", 8, 28, 0.20, 0.40, 0.31, 0.05, 0.1, 0.70, 3000),
        Row("fr", 13, 45, 0.14, 0.13, 0.34, 0.27, 0.008, 0.80, 1770),
        Row("hi", 38, 25, 0.18, 0.47, 0.45, 0.01, 0.005, 0.90, 1517),
        Row("id", 15, 30, 0.15, 0.20, 0.34, 0.15, 0.01, 0.70, 5000),
        Row("pt", 19, 19, 0.25, 0.98, 0.35, 0.20, 0.007, 0.60, 3038),
        Row("ur", 25, 20, 0.19, 0.50, 0.25, 0.01, 0.025, 0.90, 1495, wordGram: 7),
        Row("vi", 30, 25, 0.15, 0.20, 0.34, 0.08, 0.005, 0.90, 1600),
        Row("zh", 1, 1000, 0.20, 0.96, 0.30, 0.1691, 0.001, 0.85, 2095, characters: 3, wordsMax: 1_000_000),
    ]
}

/// The primary language of a tag, in lower case: `zh` of `zh-Hant`, `pt` of `pt_BR`.
public func primaryLanguage(of tag: String) -> String {
    String(tag.prefix { $0 != "-" && $0 != "_" && $0 != "@" && $0 != "." }).lowercased()
}
