import Ingestion

/// A place that documents come from: a folder of UTF-8 text files, or a JSONL file.
///
/// A folder without a language is laid out as `FOLDER/<language>/**/*.txt`; with one, every `.txt` file below it is
/// a document of that language. A path that names a file is read as JSONL, one document a line, with the keys `text`,
/// `lang` (unless ``language`` is given) and, if known, `source`.
///
/// Whoever gathered the texts may say where they are from in a file ``SourceRecord/fileName`` beside them.
public struct CorpusSource: Sendable, Equatable {
    /// The folder or JSONL file.
    public var path: String
    /// The language of every document in it; `nil` when folder names or the key `lang` say it.
    public var language: String?

    public init(path: String, language: String? = nil) {
        self.path = path
        self.language = language
    }
}

/// Whether a text can name a language.
func isLanguageCode(_ code: String) -> Bool { LanguageCode.isValid(code) }
