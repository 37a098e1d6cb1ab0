import Diagnostics
import Foundation

/// What `serre corpus show` prints of a corpus of texts: what became of the documents of each language at each stage.
public struct TextCorpusReport: Sendable {
    private let manifest: TextCorpusManifest

    public init(_ manifest: TextCorpusManifest) { self.manifest = manifest }

    /// The stages that documents came to, in order; a letter stands for each that dropped some.
    private var stages: [(letter: String, name: String)] {
        var used = 0
        return order.compactMap { name in
            let own = manifest.languages.flatMap { $0.stages.filter { $0.stage == name } }
            guard !own.isEmpty else { return nil }
            guard own.contains(where: { $0.dropped > 0 }) else { return ("", name) }
            used += 1
            return (letter(of: used - 1), name)
        }
    }

    /// All stages in their order: every language has a part of them.
    private var order: [String] {
        let specification = try? CorpusSpecification.parse(manifest.specification)
        return specification.map { BuildStage.order($0) } ?? []
    }

    private func letter(of number: Int) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        return number < letters.count ? String(letters[number]) : "\(number + 1)"
    }

    /// Tables for people, at most 100 columns wide: languages, stages, sources, and the digest.
    public var table: String {
        let parts = [languageTable, stageTable, sourceTable, removedLines, ["digest \(manifest.digest)"]]
        return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private var languageTable: [String] {
        let dropping = stages.filter { !$0.letter.isEmpty }
        let header = ["language", "documents", "kept", "held out", "bytes in", "bytes"] + dropping.map(\.letter)
        let rows = manifest.languages.map { language in
            [
                language.code, grouped(language.documents), grouped(language.kept),
                grouped(language.validation.documents), short(language.bytesIn), short(language.bytes),
            ] + dropping.map { number(dropped(language, $0.name)) }
        }
        let all =
            [
                "all", grouped(manifest.totals.documents), grouped(manifest.totals.kept),
                grouped(manifest.languages.reduce(0) { $0 + $1.validation.documents }),
                short(manifest.totals.bytesIn), short(manifest.totals.bytes),
            ]
            + dropping.map { stage in number(manifest.languages.reduce(0) { $0 + dropped($1, stage.name) }) }
        return columns([header] + rows + [all])
    }

    private var stageTable: [String] {
        let header = ["", "stage", "documents", "dropped", "changed", "bytes in", "bytes out"]
        let rows = stages.map { stage in
            let figures = manifest.languages.compactMap { language in
                language.stages.first { $0.stage == stage.name }
            }
            return [
                stage.letter, stage.name, grouped(figures.reduce(0) { $0 + $1.documents }),
                number(figures.reduce(0) { $0 + $1.dropped }), number(figures.reduce(0) { $0 + $1.changed }),
                short(figures.reduce(0) { $0 + $1.bytesIn }), short(figures.reduce(0) { $0 + $1.bytesOut }),
            ]
        }
        return rows.isEmpty ? [] : columns([header] + rows, leading: 2)
    }

    private var sourceTable: [String] {
        let header = ["source", "kind", "licence", "documents", "kept", "bytes", "skipped"]
        let rows = manifest.sources.map { source in
            [
                cut(source.name, 24), source.kind, cut(source.licence ?? "-", 20), grouped(source.documents),
                grouped(source.kept), short(source.bytes), skips(source.skipped),
            ]
        }
        return columns([header] + rows, leading: 3, trailing: 1)
    }

    private var removedLines: [String] {
        manifest.removed.map { removal in
            let what = removal.source.map { "source \($0)" } ?? removal.document.map { "document \($0)" } ?? ""
            return "removed: \(what)\(removal.reason.map { " (\($0))" } ?? "")"
        }
    }

    private func dropped(_ language: TextCorpusManifest.Language, _ stage: String) -> Int {
        language.stages.first { $0.stage == stage }?.dropped ?? 0
    }

    private func skips(_ reasons: [String: Int]) -> String {
        let sorted = reasons.sorted { $0.key < $1.key }
        return sorted.isEmpty ? "-" : sorted.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}

// MARK: - JSON

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

// MARK: - Cells

extension TextCorpusReport {
    /// Aligned columns: the first `leading` and the last `trailing` to the left, numbers to the right.
    private func columns(_ rows: [[String]], leading: Int = 1, trailing: Int = 0) -> [String] {
        let count = rows.first?.count ?? 0
        let widths = (0..<count).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                if column >= count - trailing { return cell }
                return column < leading ? cell + space : space + cell
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    private func number(_ value: Int) -> String { value == 0 ? "-" : grouped(value) }

    private func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(width - 1) + "…"
    }

    private func grouped(_ value: Int) -> String {
        var digits = String(value)
        var result = ""
        while digits.count > 3 {
            result = "," + digits.suffix(3) + result
            digits.removeLast(3)
        }
        return digits + result
    }

    /// Bytes with three or four digits and a decimal unit.
    private func short(_ bytes: Int) -> String {
        let units = ["", " kB", " MB", " GB", " TB", " PB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 9_999.5, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
        if unit == 0 { return grouped(bytes) }
        return FixedPoint.text(value, digits: value < 99.95 ? 1 : 0) + units[unit]
    }
}
