import Diagnostics
import Integrity

/// Decides, document by document in their order, which are kept, and counts by reason those that are not.
struct DocumentSelection {
    /// Reasons for dropping a document, as they appear in manifests and reports.
    enum Reason: String, Sendable {
        case duplicate
        case overLimit = "over-limit"
    }

    /// What was found and kept in one language.
    struct Language: Sendable {
        var found = 0
        var kept: [FoundDocument] = []
        var bytes = 0
        var dropped: [String: Int] = [:]
        /// Set once a document did not fit the limit: later ones are left out too, whatever their size.
        var isFull = false
    }

    private let maximumBytesPerLanguage: Int?
    private var seen: Set<Digest> = []
    private var byCode: [String: Language] = [:]

    init(maximumBytesPerLanguage: Int?) { self.maximumBytesPerLanguage = maximumBytesPerLanguage }

    /// Keeps the document unless its exact text was there before (in any language) or its language is full.
    mutating func add(_ document: FoundDocument) {
        var language = byCode[document.language] ?? Language()
        language.found += 1
        if seen.contains(document.digest) {
            language.dropped[Reason.duplicate.rawValue, default: 0] += 1
        } else if language.isFull || document.bytes > (maximumBytesPerLanguage ?? .max) - language.bytes {
            language.isFull = true
            language.dropped[Reason.overLimit.rawValue, default: 0] += 1
        } else {
            seen.insert(document.digest)
            language.kept.append(document)
            language.bytes += document.bytes
        }
        byCode[document.language] = language
    }

    /// The languages in byte-wise order of their codes; a limit that left a language without documents is refused.
    func languages() throws(Diagnostic) -> [(code: String, language: Language)] {
        let codes = byCode.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var languages = [(code: String, language: Language)]()
        for code in codes {
            let language = byCode[code] ?? Language()
            if language.isFull, language.kept.isEmpty {
                throw Diagnostic(
                    "corpus.limit", "the limit leaves no document of the language \(code)",
                    expected: "a limit of at least the first document's size",
                    found: "\(maximumBytesPerLanguage ?? 0) bytes", remedy: "raise the limit or remove the language")
            }
            languages.append((code, language))
        }
        return languages
    }
}
