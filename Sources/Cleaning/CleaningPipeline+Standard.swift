import Diagnostics

/// What the filters of a language compare texts with, apart from limits.
///
/// A filter whose resource is `nil` is left out of a pipeline, as in ROOTS.
public struct CleaningResources: Sendable {
    public var stopWords: WordList?
    /// None are shipped: which words should count against a document is for the makers of a corpus to say.
    public var flaggedWords: WordList?
    public var languageIdentifier: LanguageIdentifier?
    /// A model of the language, trained with ``ByteModelTrainer``; and the limit, `nil` to report only.
    public var byteModel: ByteModel?
    public var bitsPerByteMax: Double?

    /// No resources.
    public init() {}

    /// What the program has for a language: stop words (for some languages) and the language model.
    ///
    /// - Throws: `cleaning.language-model` if the model in the program is damaged.
    public static func shipped(for language: String) throws(Diagnostic) -> CleaningResources {
        var resources = CleaningResources()
        resources.stopWords = .stopWords(of: language)
        resources.languageIdentifier = try .shipped()
        return resources
    }
}

extension CleaningPipeline {
    /// The stages for text of one language, in ROOTS' order and with its published limits unless others are given.
    ///
    /// Unicode and white space first, then words with links and over-long words (which ROOTS left in where a language
    /// had no limits of its own), then the filters: word count, character repetition, word repetition, special
    /// characters, stop words, flagged words, language, perplexity.
    ///
    /// - Parameters:
    ///   - language: a tag such as `fr` or `zh-Hant`.
    ///   - parameters: the limits; ``FilterParameters/defaults(for:)`` if `nil`.
    ///   - form: the Unicode normalisation form.
    ///   - resources: word lists and models; see ``CleaningResources/shipped(for:)``.
    public static func text(
        language: String, parameters: FilterParameters? = nil, form: UnicodeNormalisation.Form = .nfc,
        resources: CleaningResources
    ) -> CleaningPipeline {
        let limits = parameters ?? .defaults(for: language)
        var stages: [any CleaningStage] = [UnicodeNormalisation(form: form), WhitespaceNormalisation()]
        if limits.removesLinkWords { stages.append(LinkWordRemoval()) }
        if limits.removesLongWords { stages.append(LongWordRemoval(charactersMax: limits.wordLengthMax)) }
        stages += [
            WordCountFilter(minimum: limits.wordCountMin, maximum: limits.wordCountMax),
            CharacterRepetitionFilter(
                length: limits.characterRepetitionLength, maximum: limits.characterRepetitionMax),
            WordRepetitionFilter(length: limits.wordRepetitionLength, maximum: limits.wordRepetitionMax),
            SpecialCharacterFilter(maximum: limits.specialCharactersMax),
        ]
        if let words = resources.stopWords {
            stages.append(StopWordFilter(words: words, minimum: limits.stopWordsMin))
        }
        if let words = resources.flaggedWords {
            stages.append(FlaggedWordFilter(words: words, maximum: limits.flaggedWordsMax))
        }
        if let identifier = resources.languageIdentifier {
            stages.append(
                LanguageFilter(identifier: identifier, language: language, scoreMin: limits.languageScoreMin))
        }
        if let model = resources.byteModel {
            stages.append(PerplexityFilter(model: model, bitsPerByteMax: resources.bitsPerByteMax))
        }
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
