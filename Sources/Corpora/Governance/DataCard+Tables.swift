/// What there is, where it is from, and what became of it.
extension DataCard {
    var sources: String {
        let rows = manifest.sources.map { source in
            [
                cell(source.name), source.kind, source.language.map(cell) ?? "as stated within",
                cell(licence(of: source)), cell(source.version ?? "–"), FigureText.count(source.documents),
                FigureText.count(source.kept), FigureText.bytes(source.bytes), skips(source.skipped),
            ]
        }
        return "## Sources\n\n"
            + table(
                ["source", "kind", "language", "licence", "version", "found", "kept", "size", "unreadable inputs"],
                figures: [5, 6, 7], rows)
    }

    /// What the source states, or that its documents do.
    private func licence(of source: TextCorpusManifest.SourceEntry) -> String {
        let own = source.licences.map { _ in "as documents state" }
        let stated = [own, source.licence].compactMap(\.self)
        return stated.isEmpty ? "not stated" : stated.joined(separator: ", else ")
    }

    private func skips(_ skipped: [String: Int]) -> String {
        let sorted = skipped.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return sorted.isEmpty ? "–" : sorted.map { "\(FigureText.count($0.value)) \($0.key)" }.joined(separator: ", ")
    }

    var languages: String {
        let rows = manifest.languages.map { language in
            [
                language.code, FigureText.count(language.documents), FigureText.count(language.kept),
                FigureText.share(language.kept, of: language.documents), FigureText.bytes(language.bytes),
                FigureText.share(language.bytes, of: manifest.totals.bytes), FigureText.count(language.train.documents),
                FigureText.count(language.validation.documents), dropped(language),
            ]
        }
        return "## Languages\n\n"
            + table(
                ["language", "found", "kept", "of found", "size", "of all", "train", "validation", "dropped by"],
                figures: [1, 2, 3, 4, 5, 6, 7], rows)
    }

    private func dropped(_ language: TextCorpusManifest.Language) -> String {
        let stages = language.stages.filter { $0.dropped > 0 }
        return stages.isEmpty
            ? "–" : stages.map { "\($0.stage) \(FigureText.count($0.dropped))" }.joined(separator: ", ")
    }

    /// All languages together, stage by stage.
    var funnel: String {
        var stages = [TextCorpusManifest.Stage]()
        for name in BuildStage.order(specification) {
            let same = manifest.languages.flatMap(\.stages).filter { $0.stage == name }
            guard var sum = same.first else { continue }
            for stage in same.dropFirst() {
                sum.documents += stage.documents
                sum.dropped += stage.dropped
                sum.changed += stage.changed
                sum.bytesIn += stage.bytesIn
                sum.bytesOut += stage.bytesOut
            }
            stages.append(sum)
        }
        let rows = stages.map { stage in
            [
                stage.stage, FigureText.count(stage.documents), FigureText.count(stage.dropped),
                FigureText.share(stage.dropped, of: stage.documents), FigureText.count(stage.changed),
                FigureText.bytes(stage.bytesIn), FigureText.bytes(stage.bytesOut),
            ]
        }
        return "## What each stage did\n\nIn the order in which documents met the stages, all languages together.\n\n"
            + table(
                ["stage", "documents", "dropped", "of them", "rewritten", "size before", "size after"],
                figures: [1, 2, 3, 4, 5, 6], rows)
    }
}
