import Diagnostics
import Foundation
import Ingestion
import Integrity

/// Cleans one unit: what is read goes to the cleaner in batches, and from there to the unit's two work files.
///
/// A large unit keeps what is done, every few megabytes: both files are flushed, and a small one says how much of them is
/// whole and how it hashes (``UnitCheckpoint``). A later run cuts both off there and reads the unit from its beginning, since
/// compressed files cannot be read otherwise; as long as there are records, what is read has to be what they were made of, and
/// is not cleaned again. Where anything is different, the unit begins anew.
struct UnitCleaning {
    private let run: BuildRun
    private let unit: Int
    private let cleaner: BatchCleaner
    private let meter: ProgressMeter

    /// The code of what ends a reading that gives something else than what was kept.
    private static let differs = "corpus.kept-differs"

    init(_ run: BuildRun, _ unit: Int, _ cleaner: BatchCleaner, _ meter: ProgressMeter) {
        (self.run, self.unit, self.cleaner, self.meter) = (run, unit, cleaner, meter)
    }

    private var work: WorkUnit { run.plan.units[unit].work }
    private var source: Int { run.plan.units[unit].source }
    private var textsPath: String { run.work.file(unit, "texts") }

    func clean() throws(Diagnostic) {
        if let kept = UnitCheckpoint.read(run, unit)?.begun(run, unit) {
            do throws(Diagnostic) {
                return try clean(after: kept)
            } catch {
                guard error.code == Self.differs else { throw error }
                meter.takeOver(unit, to: 0)
            }
        }
        UnitCheckpoint.remove(run, unit)
        try clean(after: nil)
    }

    private func clean(after kept: UnitCheckpoint.Begun?) throws(Diagnostic) {
        let (path, key) = (run.work.file(unit, "documents"), run.plan.units[unit].key)
        try RecordFile.write(to: path, key: key, begun: kept?.documents) { (records) throws(Diagnostic) in
            let texts: OutputFile
            if let kept {
                texts = kept.texts
            } else {
                texts = try OutputFile(UnitCheckpoint.unfinishedTexts(run, unit))
            }
            var output = Output(records: records, texts: texts)
            var replay = kept.map { Replay(RecordFile.Cursor($0.documents.records), stages: run.stages) }
            var batch = Batch()
            let progress = ReadingProgress()
            try run.plan.readers[source].read(work, progress: progress) { (item) throws(Diagnostic) in
                if try replay?.takes(item, else: Self.differs) == true {
                    if replay?.isMegabyteFull == true { meter.takeOver(unit, to: min(progress.bytes, work.bytes)) }
                    return
                }
                batch.append(item)
                if batch.isFull { try finish(&batch, &output, progress) }
            }
            try replay?.end(else: Self.differs)
            try finish(&batch, &output, progress, isLast: true)
            // The records take their name last: where they are, the texts are too.
            _ = try texts.finish(renamedTo: textsPath)
        }
        UnitCheckpoint.remove(run, unit)
    }

    /// The unit's work files in the making.
    private struct Output {
        let records: RecordFile.Writer
        let texts: OutputFile
        /// What has been appended since the files were last kept, in bytes.
        var unkept = 0
    }

    private func finish(
        _ batch: inout Batch, _ output: inout Output, _ progress: ReadingProgress, isLast: Bool = false
    ) throws(Diagnostic) {
        let cleaned = try cleaner.clean(batch.items, of: source)
        var record = RecordWriter()
        for item in cleaned {
            record.removeAll()
            switch item {
            case .document(let document, let text):
                if document.isKept { try output.texts.append(text) }
                UnitEntry.document(0, document).write(to: &record, stages: run.stages)
            case .skip(let skipped): UnitEntry.skip(skipped).write(to: &record, stages: run.stages)
            }
            try output.records.append(record)
            output.unkept += record.bytes.count
        }
        output.unkept += batch.bytes
        meter.add(documents: cleaned.count { $0.isDocument }, textBytes: batch.bytes)
        meter.advance(unit, to: min(progress.bytes, work.bytes))
        batch.removeAll()
        guard !isLast, output.unkept >= run.options.keptBytes else { return }
        let checkpoint = UnitCheckpoint(documents: try output.records.keep(), texts: try output.texts.keep())
        try checkpoint.write(run, unit)
        output.unkept = 0
    }
}

/// What has been read and not cleaned.
private struct Batch {
    private(set) var items: [IngestedItem] = []
    /// The texts' sizes together.
    private(set) var bytes = 0

    var isFull: Bool { bytes >= BatchCleaner.bytesMax || items.count >= BatchCleaner.countMax }

    mutating func append(_ item: IngestedItem) {
        items.append(item)
        if case .document(let raw) = item { bytes += raw.text.count }
    }

    mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        bytes = 0
    }
}

/// Holds what is read against the records that an earlier run made of it.
private struct Replay {
    private var cursor: RecordFile.Cursor
    private let stages: StageNumbers
    private var bytes = 0
    /// Whether the last item filled another megabyte of text: a moment to tell how far the reading is.
    private(set) var isMegabyteFull = false

    init(_ cursor: RecordFile.Cursor, stages: StageNumbers) { (self.cursor, self.stages) = (cursor, stages) }

    /// Whether there is a record of the item; throws the code where it is one of something else.
    mutating func takes(_ item: IngestedItem, else code: String) throws(Diagnostic) -> Bool {
        if cursor.isAtEnd { return false }
        let stages = stages
        guard let entry = try cursor.next({ UnitEntry(from: &$0, number: 0, stages: stages) }), entry.isMade(of: item)
        else { throw Self.different(code) }
        let before = bytes
        if case .document(let raw) = item { bytes += raw.text.count }
        isMegabyteFull = before >> 20 != bytes >> 20 || cursor.isAtEnd
        return true
    }

    /// Throws the code where there are records of more than has been read.
    func end(else code: String) throws(Diagnostic) {
        if !cursor.isAtEnd { throw Self.different(code) }
    }

    private static func different(_ code: String) -> Diagnostic {
        Diagnostic(code, "the source gives something else than before", kind: .failure)
    }
}
