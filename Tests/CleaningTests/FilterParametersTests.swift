import Cleaning
import Testing

/// The table of `01b_oscar_cleaning_and_filtering/parameters_filtering.py` in bigscience-workshop/data-preparation, one
/// row for each language: words min, words max, longest word, n and limit of character repetition, n and limit of word
/// repetition, special characters, stop words, flagged words, language score, perplexity.
private let published: [(String, [Double])] = [
    ("default", [10, 100_000, 50, 10, 0.2, 5, 0.3, 0.4, 0.1, 0.1, 0.70, 10000]),
    ("ar", [20, 100_000, 25, 10, 0.20, 5, 0.34, 0.30, 0.07, 0.03, 0.81, 2300]),
    ("bn", [33, 100_000, 20, 10, 0.13, 5, 0.21, 0.45, 0.002, 0.001, 0.95, 2000]),
    ("ca", [15, 100_000, 20, 10, 0.2, 5, 0.4, 0.25, 0.25, 0.1, 0.8, 2500]),
    ("en", [20, 100_000, 25, 10, 0.106, 5, 0.19, 0.4, 0.3, 0.01, 0.80, 1500]),
    ("es", [16, 100_000, 25, 10, 0.14, 5, 0.25, 0.34, 0.4, 0.01, 0.8, 1300]),
    ("eu", [8, 100_000, 28, 10, 0.20, 5, 0.40, 0.31, 0.05, 0.1, 0.70, 3000]),
    ("fr", [13, 100_000, 45, 10, 0.14, 5, 0.13, 0.34, 0.27, 0.008, 0.8, 1770]),
    ("hi", [38, 100_000, 25, 10, 0.18, 5, 0.47, 0.45, 0.01, 0.005, 0.90, 1517]),
    ("id", [15, 100_000, 30, 10, 0.15, 5, 0.20, 0.34, 0.15, 0.01, 0.7, 5000]),
    ("pt", [19, 100_000, 19, 10, 0.25, 5, 0.98, 0.35, 0.2, 0.007, 0.6, 3038]),
    ("ur", [25, 100_000, 20, 10, 0.19, 7, 0.5, 0.25, 0.01, 0.025, 0.90, 1495]),
    ("vi", [30, 100_000, 25, 10, 0.15, 5, 0.20, 0.34, 0.08, 0.005, 0.90, 1600]),
    ("zh", [1, 1_000_000, 1000, 3, 0.2, 5, 0.96, 0.3, 0.1691, 0.001, 0.85, 2095]),
]

@Suite struct FilterParametersTests {
    @Test(arguments: published)
    func `Defaults are the published figures`(_ language: String, _ figures: [Double]) {
        let found = FilterParameters.defaults(for: language)
        #expect(
            [
                Double(found.wordCountMin), Double(found.wordCountMax), Double(found.wordLengthMax),
                Double(found.characterRepetitionLength), found.characterRepetitionMax,
                Double(found.wordRepetitionLength), found.wordRepetitionMax, found.specialCharactersMax,
                found.stopWordsMin, found.flaggedWordsMax, found.languageScoreMin, found.publishedPerplexityMax,
            ] == figures)
    }

    @Test(arguments: [("zh-Hant", "zh"), ("pt_BR", "pt"), ("EN", "en"), ("fr-CA", "fr"), ("sr@latin", "default")])
    func `Tags with script or region take the limits of their primary language`(_ tag: String, _ primary: String) {
        #expect(FilterParameters.defaults(for: tag) == FilterParameters.defaults(for: primary))
    }

    @Test func `Only languages with limits of their own have words removed`() {
        #expect(FilterParameters.publishedLanguages.count == 13)
        #expect(FilterParameters.publishedLanguages.allSatisfy { FilterParameters.defaults(for: $0).removesLongWords })
        #expect(FilterParameters.publishedLanguages.allSatisfy { FilterParameters.defaults(for: $0).removesLinkWords })
        #expect(!FilterParameters.defaults(for: "sw").removesLongWords)
        #expect(!FilterParameters.defaults(for: "sw").removesLinkWords)
    }
}
