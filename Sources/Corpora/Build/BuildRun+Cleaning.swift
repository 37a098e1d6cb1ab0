import Cleaning
import Deduplication
import Diagnostics
import Ingestion
import Integrity
import Synchronization

/// The first pass: every unit is read and cleaned; its records and texts are left in work files.
extension BuildRun {
    static let undetermined = "und"

    /// Cleans all units that no earlier run has finished; returns the documents of each unit.
    func cleanAll() throws(Diagnostic) -> [Int] {
        let removed = Dictionary(
            specification.removed.compactMap { removal in
                removal.document.flatMap { Digest($0) }.map { ($0, removal.reason ?? "") }
            }, uniquingKeysWith: { first, _ in first })
        let counts = Mutex([Int](repeating: 0, count: plan.units.count))
        let spare = SpareWorkers(max(0, pool.workers - plan.units.count))
        let cleaner = BatchCleaner(spare: spare) { DocumentCleaner(self, removed: removed) }
        try forEachUnit(.clean, state: {}, end: { spare.add(1) }) { (unit, _, meter) throws(Diagnostic) in
            let found = finishedCount(unit)
            if found == nil { try UnitCleaning(self, unit, cleaner, meter).clean() }
            guard let count = found ?? finishedCount(unit) else { throw Self.lost(work.file(unit, "documents")) }
            counts.withLock { $0[unit] = count }
            return found != nil
        }
        return counts.withLock { $0 }
    }

    /// The documents of a unit whose work is there whole: its records with its texts, or with the lines that the last pass
    /// made of them; `nil` for a unit that has to be cleaned.
    private func finishedCount(_ unit: Int) -> Int? {
        guard RecordFile.open(work.file(unit, "documents"), key: plan.units[unit].key) != nil else { return nil }
        var (count, bytes) = (0, 0)
        do throws(Diagnostic) {
            try forEachEntry(of: unit) { (entry) throws(Diagnostic) in
                guard case .document(_, let document) = entry else { return }
                count += 1
                bytes += document.text?.bytes ?? 0
            }
        } catch { return nil }
        return UnitTexts(work.file(unit, "texts"))?.count == bytes || isFinished(unit) ? count : nil
    }
}

// MARK: - Reading what the pass left

extension BuildRun {
    func forEachEntry(of unit: Int, _ body: (UnitEntry) throws(Diagnostic) -> Void) throws(Diagnostic) {
        let path = work.file(unit, "documents")
        guard let records = RecordFile.open(path, key: plan.units[unit].key) else { throw Self.lost(path) }
        var number = 0
        try records.forEach { (reader, _) throws(Diagnostic) in
            guard let entry = UnitEntry(from: &reader, number: number, stages: stages) else { return false }
            if case .document = entry { number += 1 }
            try body(entry)
            return true
        }
    }

    /// Visits a unit's documents that were kept by cleaning, with their texts.
    func forEachText(
        of unit: Int, _ body: (_ number: Int, UnitDocument, _ text: [UInt8]) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let path = work.file(unit, "texts")
        guard let texts = UnitTexts(path) else { throw Self.lost(path) }
        var position = 0
        try forEachEntry(of: unit) { (entry) throws(Diagnostic) in
            guard case .document(let number, let document) = entry, let text = document.text else { return }
            guard let bytes = texts.bytes(position, text.bytes) else { throw Self.lost(path) }
            position += text.bytes
            try body(number, document, bytes)
        }
    }

    static func lost(_ path: String) -> Diagnostic {
        Diagnostic(
            "corpus.work-file", "the work file is missing or damaged", at: .init(file: path),
            remedy: "give the same command again", kind: .failure)
    }
}

/// Sends documents through the stages of their language; each worker has one.
struct DocumentCleaner {
    private let run: BuildRun
    /// The digests of the texts to leave out, with the reasons given; empty where none is.
    private let removed: [Digest: String]
    private let scratch = CleaningScratch()
    /// The stages by source, and within by language and licence, made when those are first met.
    private var pipelines: [[Own: [any CleaningStage]]]

    init(_ run: BuildRun, removed: [Digest: String]) {
        (self.run, self.removed) = (run, removed)
        pipelines = run.plan.readers.map { _ in [:] }
    }

    /// The record of a document, and the text that is left of it.
    mutating func clean(_ raw: RawDocument, of source: Int) throws(Diagnostic) -> (UnitDocument, [UInt8]) {
        let guess = raw.language == nil ? run.models.languages.identify(raw.text, using: scratch) : nil
        let language = raw.language ?? told(by: guess) ?? BuildRun.undetermined
        var document = UnitDocument(
            place: raw.place, url: raw.url, licence: raw.licence, language: language, raw: SHA256.digest(of: raw.text),
            rawBytes: raw.text.count, steps: [], keys: [], text: nil)
        if let reason = removed[document.raw] {
            let why = reason.isEmpty ? "" : ": \(reason)"
            document.drop(BuildStage.removed, "the specification lists its digest\(why)", raw.text.count)
            return (document, [])
        }
        if let guess {
            let score = FixedPoint.text(guess.score, digits: 2)
            if language == BuildRun.undetermined {
                let likeliest = guess.language.map { "\($0) with \(score)" } ?? "no letters"
                document.drop(BuildStage.language, "stated nowhere, and told as \(likeliest)", raw.text.count)
                return (document, [])
            }
            document.steps.append(
                StageStep(
                    stage: BuildStage.language, decision: .kept, detail: "told from the text with \(score)",
                    bytesIn: raw.text.count, bytesOut: raw.text.count))
        }
        var text = raw.text
        scratch.forgetText()
        for stage in try stages(of: source, language: language, licence: raw.licence) {
            let before = text.count
            let outcome = stage.apply(to: &text, using: scratch)
            document.steps.append(StageStep(stage.name, outcome, before, text.count))
            switch outcome {
            case .kept: break
            case .changed: scratch.forgetText()
            case .dropped: return (document, [])
            }
        }
        for identity in run.specification.deduplication.exact {
            let identity = document.isCode ? identity.ofCode : identity
            document.keys.append(identity.key(of: text, address: raw.url))
        }
        document.text = .init(digest: SHA256.digest(of: text), bytes: text.count)
        return (document, text)
    }

    /// The language that a text is in beyond the limit for it, where no source says it.
    private func told(by guess: LanguageGuess?) -> String? {
        guard let language = guess?.language, let score = guess?.score else { return nil }
        return score >= FilterParameters.defaults(for: language).languageScoreMin ? language : nil
    }

    private mutating func stages(
        of source: Int, language: String, licence: String?
    ) throws(Diagnostic) -> [any CleaningStage] {
        let own = Own(language: language, licence: licence)
        if let made = pipelines[source][own] { return made }
        var made = [any CleaningStage]()
        for setting in run.specification.stages {
            guard let kind = StageKind.named(setting.stage), kind.scope.includes(language) else { continue }
            let context = StageKind.Context(
                values: StageValues(kind: kind, setting: setting, language: language),
                licence: licence ?? run.plan.readers[source].source.licence, models: run.models)
            if let stage = try kind.make(context) { made.append(stage) }
        }
        // Licences are as many as documents state: beyond a bound their stages are made each time.
        if pipelines[source].count < Self.pipelinesMax { pipelines[source][own] = made }
        return made
    }

    /// What stages are made for within a source.
    private struct Own: Hashable {
        var language: String
        var licence: String?
    }

    private static let pipelinesMax = 4096
}

extension UnitDocument {
    mutating func drop(_ stage: String, _ reason: String, _ bytes: Int) {
        steps.append(StageStep(stage: stage, decision: .dropped, detail: reason, bytesIn: bytes, bytesOut: 0))
    }
}

extension StageStep {
    /// What a cleaning stage did with a text of a size before and after.
    init(_ stage: String, _ outcome: StageOutcome, _ bytesIn: Int, _ bytesOut: Int) {
        switch outcome {
        case .kept(let measure):
            self.init(stage: stage, decision: .kept, detail: measure, bytesIn: bytesIn, bytesOut: bytesOut)
        case .changed(let detail):
            self.init(stage: stage, decision: .changed, detail: detail, bytesIn: bytesIn, bytesOut: bytesOut)
        case .dropped(let reason):
            self.init(stage: stage, decision: .dropped, detail: reason, bytesIn: bytesIn, bytesOut: 0)
        }
    }
}
