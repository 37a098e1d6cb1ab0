import Cleaning
import Diagnostics
import Integrity

/// Writes the corpus: shards, tables, descriptions and the manifest, in the documents' order.
struct OutputWriter {
    private let run: BuildRun
    private let decisions: Decisions
    private let folder: String

    init(_ run: BuildRun, decisions: Decisions, folder: String) {
        (self.run, self.decisions, self.folder) = (run, decisions, folder)
    }

    /// Writes everything and returns the manifest, which is written last.
    func write() throws(Diagnostic) -> TextCorpusManifest {
        let rule = SplitRule(
            validationShare: run.specification.validationShare, seed: run.specification.seed)
        let (places, extremes) = try lookThrough(rule)
        var books = Books(run)
        let shards = ShardSet(folder: folder, shardBytes: run.specification.shardBytes)
        let skipped = SkipTable(folder: folder)
        let total = run.plan.units.reduce(0) { $0 &+ $1.work.bytes }
        let meter = ProgressMeter(.write, total: total, report: run.options.progress)
        for unit in run.plan.units.indices {
            let source = run.plan.units[unit].source
            let lines = UnitTexts(run.work.file(unit, "lines"))
            var position = 0
            try run.forEachStory(of: unit, decisions, places: places) { (story) throws(Diagnostic) in
                let language = story.document.language
                var split: Split?
                if let line = story.line { split = rule.split(of: line.digest, extremes.of(language)) }
                books.enter(story, split)
                let row = TableRow.line(
                    story, run.plan.readers[source].source, split,
                    original: story.original.flatMap { places.name(of: $0) })
                try shards.appendRow(row, language: language)
                meter.add(documents: 1, textBytes: story.line?.bytes ?? 0)
                // A line whose text turned out to be there already stays in the work file.
                guard let bytes = finalLine(story) else { return }
                defer { position += bytes.all }
                guard let split else { return }
                guard let line = lines?.bytes(position, bytes.all) else {
                    throw BuildRun.lost(run.work.file(unit, "lines"))
                }
                try shards.append(
                    line[..<bytes.head], split, line[bytes.head...], textBytes: story.line?.bytes ?? 0,
                    language: language)
            } skip: { (entry) throws(Diagnostic) in
                guard case .skip(let input) = entry else { return }
                books.enter(input, source: source)
                try skipped.append(input, source: run.plan.readers[source].source.name)
            }
            meter.finish(unit, of: run.plan.units[unit].work.bytes)
        }
        return try finish(books, try shards.finish() + skipped.finish())
    }

    /// The size of the line that the last pass left for a document, whether or not it is in the corpus.
    private func finalLine(_ story: DocumentStory) -> (head: Int, all: Int)? {
        (story.line ?? story.unusedLine).map { ($0.headBytes, $0.lineBytes) }
    }

    /// The names of documents that others duplicate, and each language's extremes.
    private func lookThrough(_ rule: SplitRule) throws(Diagnostic) -> (OriginalPlaces, LanguageExtremes) {
        var places = OriginalPlaces(decisions.originals())
        var extremes = LanguageExtremes()
        for unit in run.plan.units.indices {
            let source = run.plan.readers[run.plan.units[unit].source].source.name
            try run.forEachStory(of: unit, decisions, places: nil) { (story) throws(Diagnostic) in
                places.set("\(source):\(story.document.place)", of: story.number)
                if let line = story.line { extremes.add(line.digest, story.document.language, rule) }
            }
        }
        return (places, extremes)
    }

    private func finish(
        _ books: Books, _ files: [TextCorpusManifest.File]
    ) throws(Diagnostic) -> TextCorpusManifest {
        let specification = run.specification
        guard books.totals.kept > 0 else { throw nothingKept(books) }
        var manifest = TextCorpusManifest(
            name: specification.name, corpusVersion: specification.version, description: specification.description,
            totals: books.totals, languages: books.languages(specification), sources: books.sources(run.plan),
            files: files, removed: specification.removed, specification: specification.yaml,
            specificationDigest: specification.digest, digest: specification.digest)
        for language in manifest.languages where language.kept == 0 {
            run.options.note?("no document of \(language.code) is kept: see serre corpus show")
        }
        manifest.files += try Descriptions.write(manifest, to: folder)
        manifest.files.sort { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
        try AtomicFile.write([UInt8](try manifest.sealed()), to: "\(folder)/\(CorpusManifest.fileName)")
        return manifest
    }

    /// Names what dropped the documents, and of the skipped inputs reasons and first places.
    private func nothingKept(_ books: Books) -> Diagnostic {
        var found = books.totals.documents == 0 ? "no documents" : counted(books.totals.documents, "document")
        let reasons = books.dropped().map { "\($0.stage) dropped \($0.count)" }
        if !reasons.isEmpty { found += ", of which \(reasons.joined(separator: ", "))" }
        let skips = books.skips.entries.map { entry in
            let places = entry.examples.prefix(Self.placesShown).map(\.place)
            let more = entry.count > places.count ? ", …" : ""
            return "\(entry.count) \(entry.reason) (\(places.joined(separator: ", "))\(more))"
        }
        if !skips.isEmpty { found += "; skipped inputs: \(skips.joined(separator: ", "))" }
        let tables = books.totals.documents + books.totals.skipped == 0 ? "" : "; the tables in \(folder) name them all"
        return Diagnostic(
            "corpus.nothing-kept", "no document is left", expected: "at least one", found: found,
            remedy: "look at the sources' paths and languages, and at the limits of these stages\(tables)")
    }

    /// The places of each reason that a message names.
    private static let placesShown = 3
}

/// Each language's ``SplitRule/Extremes``.
private struct LanguageExtremes {
    private var byLanguage: [String: SplitRule.Extremes] = [:]

    mutating func add(_ digest: Digest, _ language: String, _ rule: SplitRule) {
        byLanguage[language, default: .init()].add(digest, rule)
    }

    func of(_ language: String) -> SplitRule.Extremes { byLanguage[language] ?? .init() }
}
