extension CleaningPipeline {
    /// The stages for text of one language, in ROOTS' order and with its published limits unless others are given.
    ///
    /// Unicode and white space first, then words with links and over-long words (which ROOTS left in where a language
    /// had no limits of its own), then the filters: word count, character repetition, word repetition, special
    /// characters, stop words, flagged words, language, perplexity. A filter whose resource is missing (no stop words for
    /// the language, no flagged words, no language model, no perplexity model) is left out, as in ROOTS.
    ///
    /// - Parameters:
    ///   - language: a tag such as `fr` or `zh-Hant`.
    ///   - parameters: the limits; ``FilterParameters/defaults(for:)`` if `nil`.
    ///   - form: the Unicode normalisation form.
    public static func text(
        language: String, parameters: FilterParameters? = nil, form: UnicodeNormalisation.Form = .nfc,
        stopWords: WordList? = nil, flaggedWords: WordList? = nil
    ) -> CleaningPipeline {
        let limits = parameters ?? .defaults(for: language)
        var stages: [any CleaningStage] = [UnicodeNormalisation(form: form), WhitespaceNormalisation()]
        if limits.removesLinkWords { stages.append(LinkWordRemoval()) }
        if limits.removesLongWords { stages.append(LongWordRemoval(charactersMax: limits.wordLengthMax)) }
        stages.append(WordCountFilter(minimum: limits.wordCountMin, maximum: limits.wordCountMax))
        stages.append(
            CharacterRepetitionFilter(
                length: limits.characterRepetitionLength, maximum: limits.characterRepetitionMax))
        stages.append(WordRepetitionFilter(length: limits.wordRepetitionLength, maximum: limits.wordRepetitionMax))
        stages.append(SpecialCharacterFilter(maximum: limits.specialCharactersMax))
        if let stopWords { stages.append(StopWordFilter(words: stopWords, minimum: limits.stopWordsMin)) }
        if let flaggedWords { stages.append(FlaggedWordFilter(words: flaggedWords, maximum: limits.flaggedWordsMax)) }
        return CleaningPipeline(stages)
    }

    /// The stages for program code: line ends, then ROOTS' limits on size, lines, tokens and characters.
    public static func code(_ parameters: CodeParameters = .init()) -> CleaningPipeline {
        CleaningPipeline([
            CodeNormalisation(), CodeSizeFilter(parameters), CodeLineFilter(parameters), CodeTokenFilter(parameters),
            CodeCharacterFilter(parameters),
        ])
    }
}
