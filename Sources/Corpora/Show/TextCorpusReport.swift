/// What `serre corpus show` prints of a corpus of texts: what became of the documents of each language at each stage.
public struct TextCorpusReport: Sendable {
    let manifest: TextCorpusManifest

    public init(_ manifest: TextCorpusManifest) { self.manifest = manifest }

    /// The stages that documents came to, in order; a letter stands for each that dropped some.
    private var stages: [(letter: String, name: String)] {
        var used = 0
        return stageNames(of: manifest.languages).map { name in
            let own = manifest.languages.flatMap { $0.stages.filter { $0.stage == name } }
            guard own.contains(where: { $0.dropped > 0 }) else { return ("", name) }
            used += 1
            return (letter(of: used - 1), name)
        }
    }

    /// The stages that documents of `languages` came to, in order.
    func stageNames(of languages: [TextCorpusManifest.Language]) -> [String] {
        order.filter { name in languages.contains { $0.stages.contains { $0.stage == name } } }
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

    func dropped(_ language: TextCorpusManifest.Language, _ stage: String) -> Int {
        language.stages.first { $0.stage == stage }?.dropped ?? 0
    }

    private func skips(_ reasons: [String: Int]) -> String {
        let sorted = reasons.sorted { $0.key < $1.key }
        return sorted.isEmpty ? "-" : sorted.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}
