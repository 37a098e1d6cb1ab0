import Diagnostics
import Foundation

/// What `serre tokens show` prints of a manifest: a row per language and their sum.
public struct TokenReport: Sendable {
    private let manifest: TokenManifest

    public init(_ manifest: TokenManifest) { self.manifest = manifest }

    /// A table for people, at most 100 columns wide.
    public func lines() throws(Diagnostic) -> [String] {
        let shares = try manifest.weighting.shares(manifest.trainTokens, file: "weights").map { Double($0) }
        let whole = shares.reduce(0, +)
        let header = ["language", "documents", "tokens", "bytes/token", "held out", "tokens", "of training"]
        var rows = zip(manifest.languages, shares).map { language, share in
            row(language.code, language.train, language.validation) + [Self.decimal(100 * share / whole, 2) + " %"]
        }
        rows.append(
            row("all", Self.sum(manifest.languages.map(\.train)), Self.sum(manifest.languages.map(\.validation)))
                + ["100.00 %"])
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let table = ([header] + rows).map { cells in
            cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
        return table + [
            "tokenizer \(manifest.tokenizer.name), \(manifest.vocabulary) tokens, \(manifest.type), document end "
                + "\(manifest.documentEnd), \(manifest.tokenizer.sha256)",
            "corpus \(manifest.corpus)", "digest \(manifest.digest)",
        ]
    }

    /// One JSON object on one line: `languages` by code, each with `train` and `validation` (`documents`, `tokens`, `bytes`) and
    /// `share` of training; and `digest`, `corpus`, `tokenizer`, `tokenizer_digest`, `vocabulary`, `document_end`, `type`.
    public func json() throws(Diagnostic) -> String {
        let shares = try manifest.weighting.shares(manifest.trainTokens, file: "weights").map { Double($0) }
        let whole = shares.reduce(0, +)
        let entries = zip(manifest.languages, shares).map { language, share in
            let (train, validation) = (Count(language.train), Count(language.validation))
            return (language.code, Entry(train: train, validation: validation, share: share / whole))
        }
        let summary = Summary(
            digest: manifest.digest.description, corpus: manifest.corpus.description,
            tokenizer: manifest.tokenizer.name, tokenizerDigest: manifest.tokenizer.sha256.description,
            vocabulary: manifest.vocabulary, documentEnd: manifest.documentEnd, type: manifest.type,
            languages: Dictionary(entries) { first, _ in first })
        return String(decoding: try encodeJSON(summary), as: UTF8.self)
    }

    private func row(_ name: String, _ train: TokenManifest.Part?, _ heldOut: TokenManifest.Part?) -> [String] {
        let tokens = train?.tokens ?? 0
        let text = tokens - (train?.documents ?? 0)
        let length = text > 0 ? Self.decimal(Double(train?.bytes ?? 0) / Double(text), 2) : "-"
        return [
            name, Self.grouped(train?.documents ?? 0), Self.grouped(tokens), length,
            Self.grouped(heldOut?.documents ?? 0), Self.grouped(heldOut?.tokens ?? 0),
        ]
    }

    private static func sum(_ parts: [TokenManifest.Part?]) -> TokenManifest.Part? {
        parts.compactMap { $0 }.reduce(nil as TokenManifest.Part?) { sum, part in
            guard var sum else { return part }
            sum.documents += part.documents
            sum.tokens += part.tokens
            sum.bytes += part.bytes
            return sum
        }
    }

    private static func grouped(_ number: Int) -> String {
        var digits = String(number)
        var result = ""
        while digits.count > 3 {
            result = "," + digits.suffix(3) + result
            digits.removeLast(3)
        }
        return digits + result
    }

    private static func decimal(_ number: Double, _ places: Int) -> String { String(format: "%.\(places)f", number) }

    private struct Summary: Encodable {
        var digest, corpus, tokenizer, tokenizerDigest: String
        var vocabulary, documentEnd: Int
        var type: String
        var languages: [String: Entry]

        enum CodingKeys: String, CodingKey {
            case digest, corpus, tokenizer, vocabulary, type, languages
            case tokenizerDigest = "tokenizer_digest"
            case documentEnd = "document_end"
        }
    }

    private struct Entry: Encodable {
        var train, validation: Count
        var share: Double
    }

    private struct Count: Encodable {
        var documents, tokens, bytes: Int

        init(_ part: TokenManifest.Part?) {
            (documents, tokens, bytes) = (part?.documents ?? 0, part?.tokens ?? 0, part?.bytes ?? 0)
        }
    }
}
