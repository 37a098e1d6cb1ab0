import Cleaning
import Diagnostics
import Integrity
import TypedYAML

extension StageKind {
    /// Every stage, in the order in which ROOTS had them.
    static let all: [StageKind] = rewriting + measuring + models + code

    /// The stages of a specification that names none: those of ROOTS that need no word list or model from elsewhere.
    static let standard = all.filter { !["licence", "size", "flagged-words", perplexity].contains($0.name) }.map(\.name)

    private static let rewriting = [
        StageKind("unicode", .prose, [.choice("form", UnicodeNormalisation.Form.allCases.map(\.rawValue), "nfc")]) {
            UnicodeNormalisation(form: .init(rawValue: $0.values.text("form")) ?? .nfc)
        },
        StageKind("whitespace", .prose) { _ in WhitespaceNormalisation() },
        StageKind("link-words", .prose, [.flag("remove", \.removesLinkWords)]) {
            $0.values.boolean("remove") ? LinkWordRemoval() : nil
        },
        StageKind("long-words", .prose, [.flag("remove", \.removesLongWords), .count("characters", \.wordLengthMax)]) {
            $0.values.boolean("remove") ? LongWordRemoval(charactersMax: $0.values.integer("characters")) : nil
        },
    ]

    private static let measuring = [
        StageKind("size", .everything, [.count("bytes", 300)]) { SizeFilter(bytesMin: $0.values.integer("bytes")) },
        StageKind("word-count", .prose, [.count("minimum", \.wordCountMin), .count("maximum", \.wordCountMax)]) {
            WordCountFilter(minimum: $0.values.integer("minimum"), maximum: $0.values.integer("maximum"))
        },
        StageKind(
            "character-repetition", .prose,
            [.count("length", \.characterRepetitionLength), .ratio("maximum", \.characterRepetitionMax)]
        ) {
            CharacterRepetitionFilter(length: $0.values.integer("length"), maximum: $0.values.number("maximum"))
        },
        StageKind(
            "word-repetition", .prose,
            [.count("length", \.wordRepetitionLength), .ratio("maximum", \.wordRepetitionMax)]
        ) {
            WordRepetitionFilter(length: $0.values.integer("length"), maximum: $0.values.number("maximum"))
        },
        StageKind("special-characters", .prose, [.ratio("maximum", \.specialCharactersMax)]) {
            SpecialCharacterFilter(maximum: $0.values.number("maximum"))
        },
    ]

    static let perplexity = "perplexity"
    static let modelFile = "model"
    static let modelDigest = "digest"

    private static let models = [
        StageKind("stop-words", .prose, [.ratio("minimum", \.stopWordsMin), StageParameter("words", .texts)]) {
            (context) throws(Diagnostic) in
            var words = WordList.stopWords(of: context.language)
            if let own = context.values.texts("words") { words = try WordList(own) }
            return words.map { StopWordFilter(words: $0, minimum: context.values.number("minimum")) }
        },
        StageKind(
            "flagged-words", .prose,
            [.ratio("maximum", \.flaggedWordsMax), StageParameter("words", .texts, isRequired: true)]
        ) { (context) throws(Diagnostic) in
            FlaggedWordFilter(
                words: try WordList(context.values.texts("words") ?? []), maximum: context.values.number("maximum"))
        },
        StageKind("language", .prose, [.ratio("minimum", \.languageScoreMin)]) {
            LanguageFilter(
                identifier: $0.models.languages, language: $0.language, scoreMin: $0.values.number("minimum"))
        },
        // A language that names no model has no such stage; one without a maximum is measured only.
        StageKind(
            perplexity, .prose,
            [
                StageParameter(modelFile, .text, isOfLanguage: true),
                StageParameter(modelDigest, .digest, isOfLanguage: true),
                StageParameter("maximum", .number(.positive)),
            ]
        ) { context in
            Digest(context.values.text(modelDigest)).flatMap { context.models.byteModels[$0] }.map {
                PerplexityFilter(model: $0, bitsPerByteMax: context.values.optionalNumber("maximum"))
            }
        },
    ]

    /// The kinds of personal data that redaction knows.
    static let redactionKinds = PersonalDataKind.allCases.map(\.rawValue)

    private static let code = [
        StageKind("code-line-ends", .code) { _ in CodeNormalisation() },
        StageKind("code-size", .code, [.count("bytes", 1_048_575)]) { context in
            CodeSizeFilter(codeParameters(context) { $0.bytesMax = $1.integer("bytes") })
        },
        StageKind("code-lines", .code, [.count("above", 20), .count("below", 1000)]) { context in
            CodeLineFilter(
                codeParameters(context) { parameters, values in
                    parameters.longestLineAbove = values.integer("above")
                    parameters.longestLineBelow = values.integer("below")
                })
        },
        StageKind("code-tokens", .code, [.number("above", 3)]) { context in
            CodeTokenFilter(codeParameters(context) { $0.tokenLengthDeviationAbove = $1.number("above") })
        },
        StageKind("code-characters", .code, [.number("above", 0.15), .number("below", 0.65)]) { context in
            CodeCharacterFilter(
                codeParameters(context) { parameters, values in
                    parameters.specialCharactersAbove = values.number("above")
                    parameters.specialCharactersBelow = values.number("below")
                })
        },
        StageKind("licence", .everything, [StageParameter("allowed", .texts, isRequired: true)]) {
            LicenceFilter(licence: $0.licence, allowed: $0.values.texts("allowed") ?? [])
        },
    ]

    /// The stage that replaces personal data of the given kinds; `nil` for none.
    static func redaction(_ kinds: [String]) -> Redaction? {
        kinds.isEmpty ? nil : Redaction(kinds.compactMap { PersonalDataKind(rawValue: $0) })
    }

    private static func codeParameters(
        _ context: Context, _ set: (inout CodeParameters, StageValues) -> Void
    ) -> CodeParameters {
        var parameters = CodeParameters()
        set(&parameters, context.values)
        return parameters
    }
}
