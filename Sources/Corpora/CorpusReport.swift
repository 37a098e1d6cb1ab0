import Diagnostics
import Foundation

/// What `serre corpus show` prints of a manifest: a row per language and their sum.
public struct CorpusReport: Sendable {
    private let manifest: CorpusManifest

    public init(_ manifest: CorpusManifest) { self.manifest = manifest }

    /// A table for people, at most 100 columns wide.
    public var table: String {
        let header = ["language", "documents", "kept", "held out", "bytes", "tokens", "dropped"]
        let rows = manifest.languages.map { row($0) } + [total]
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { line($0, widths) }.joined(separator: "\n") + "\ndigest \(manifest.digest)\n"
    }

    /// One JSON object on one line: `languages` by code, each with `documents`, `bytes`, `kept`, `dropped` by reason,
    /// `tokens` and `validation`; and `digest`, `tokenizer`, `vocabulary`.
    public func json() throws(Diagnostic) -> String {
        let languages = manifest.languages.map { ($0.code, Entry($0)) }
        let summary = Summary(
            digest: manifest.digest.description, tokenizer: manifest.tokenizer, vocabulary: manifest.vocabulary,
            languages: Dictionary(languages) { first, _ in first })
        return String(decoding: try encodeJSON(summary), as: UTF8.self)
    }

    private func row(_ language: CorpusManifest.Language) -> [String] {
        let counts = [
            language.documents, language.kept, language.validation.documents, language.bytes, language.tokens,
        ]
        return [language.code] + counts.map(grouped) + [Self.dropped(language.dropped)]
    }

    private var total: [String] {
        let all = manifest.languages
        let counts = [
            all.reduce(0) { $0 + $1.documents }, all.reduce(0) { $0 + $1.kept },
            all.reduce(0) { $0 + $1.validation.documents }, all.reduce(0) { $0 + $1.bytes },
            all.reduce(0) { $0 + $1.tokens },
        ]
        let reasons = all.reduce(into: [String: Int]()) { $0.merge($1.dropped, uniquingKeysWith: +) }
        return ["all"] + counts.map(grouped) + [Self.dropped(reasons)]
    }

    /// Such as `3 duplicate, 1 over-limit`, reasons in order.
    private static func dropped(_ reasons: [String: Int]) -> String {
        guard !reasons.isEmpty else { return "-" }
        return reasons.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    /// Words to the left, numbers to the right.
    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.enumerated().map { column, cell in
            let space = String(repeating: " ", count: widths[column] - cell.count)
            return column == 0 ? cell + space : column == cells.count - 1 ? cell : space + cell
        }
        return padded.joined(separator: "  ")
    }

    private func grouped(_ number: Int) -> String {
        var digits = String(number)
        var result = ""
        while digits.count > 3 {
            result = "," + digits.suffix(3) + result
            digits.removeLast(3)
        }
        return digits + result
    }

    private struct Summary: Encodable {
        var digest: String
        var tokenizer: String
        var vocabulary: Int
        var languages: [String: Entry]
    }

    private struct Entry: Encodable {
        var documents, bytes, kept, tokens: Int
        var dropped: [String: Int]
        var validation: CorpusManifest.Part

        init(_ language: CorpusManifest.Language) {
            documents = language.documents
            bytes = language.bytes
            kept = language.kept
            tokens = language.tokens
            dropped = language.dropped
            validation = language.validation
        }
    }
}
