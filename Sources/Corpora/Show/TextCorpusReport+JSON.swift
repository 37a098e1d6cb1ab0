import Diagnostics

extension TextCorpusReport {
    /// One JSON object on one line: `languages` by code, each with `documents`, `bytes`, `kept`, `dropped` by stage and
    /// more; the totals, the sources, what was removed, and the digests.
    public func json() throws(Diagnostic) -> String {
        let languages = manifest.languages.map { ($0.code, Entry($0)) }
        let summary = Summary(
            name: manifest.name, digest: manifest.digest.description,
            specificationDigest: manifest.specificationDigest.description, totals: manifest.totals,
            languages: Dictionary(languages) { first, _ in first }, sources: manifest.sources,
            removed: manifest.removed)
        return String(decoding: try encodeJSON(summary), as: UTF8.self)
    }

    private struct Summary: Encodable {
        var name: String
        var digest: String
        var specificationDigest: String
        var totals: TextCorpusManifest.Totals
        var languages: [String: Entry]
        var sources: [TextCorpusManifest.SourceEntry]
        var removed: [Removal]

        enum CodingKeys: String, CodingKey {
            case name, digest, totals, languages, sources, removed
            case specificationDigest = "specification_digest"
        }
    }

    private struct Entry: Encodable {
        var documents, bytesIn, kept, bytes: Int
        var dropped: [String: Int]
        var stages: [TextCorpusManifest.Stage]
        var train, validation: TextCorpusManifest.Part

        init(_ language: TextCorpusManifest.Language) {
            (documents, bytesIn) = (language.documents, language.bytesIn)
            (kept, bytes, stages) = (language.kept, language.bytes, language.stages)
            (train, validation) = (language.train, language.validation)
            dropped = language.stages.reduce(into: [:]) { if $1.dropped > 0 { $0[$1.stage] = $1.dropped } }
        }

        enum CodingKeys: String, CodingKey {
            case documents, kept, bytes, dropped, stages, train, validation
            case bytesIn = "bytes_in"
        }
    }
}
