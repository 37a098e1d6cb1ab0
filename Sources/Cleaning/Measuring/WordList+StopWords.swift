import CLanguageData

extension WordList {
    /// The stop words of a language that are part of the program; `nil` where there are none for it.
    ///
    /// They were derived from translated programs and handbooks by `scripts/derive-stop-words`: the words that are
    /// frequent in every kind of text of a language.
    public static func stopWords(of language: String) -> WordList? {
        shippedStopWords[primaryLanguage(of: language)]
    }

    /// The languages with stop words, sorted.
    public static var stopWordLanguages: [String] { shippedStopWords.keys.sorted() }

    private static let shippedStopWords: [String: WordList] = {
        var count = 0
        guard let bytes = serre_stop_words(&count) else { return [:] }
        let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
        var lists: [String: WordList] = [:]
        // A line for each language: its tag, then its words; lines with # are remarks.
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ").map(String.init)
            if let language = words.first, let list = try? WordList(Array(words.dropFirst())) {
                lists[language] = list
            }
        }
        return lists
    }()
}
