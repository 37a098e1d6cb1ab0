import Diagnostics
import Foundation
import Integrity

/// How much of a unit's unfinished work files is on the disk for good.
struct UnitCheckpoint: Sendable, Equatable {
    var documents: RecordFile.Kept
    var texts: OutputFile.Beginning

    /// The unfinished files, cut off after what was kept of them.
    struct Begun {
        var documents: RecordFile.Begun
        var texts: OutputFile
    }

    /// The unit's checkpoint; `nil` where there is none, or one of other files or settings.
    static func read(_ run: BuildRun, _ unit: Int) -> UnitCheckpoint? {
        guard let records = RecordFile.open(path(run, unit), key: run.plan.units[unit].key) else { return nil }
        var cursor = RecordFile.Cursor(records)
        return (try? cursor.next { UnitCheckpoint(from: &$0) }) ?? nil
    }

    /// Says so on the disk: at once or not at all.
    func write(_ run: BuildRun, _ unit: Int) throws(Diagnostic) {
        try RecordFile.write(to: Self.path(run, unit), key: run.plan.units[unit].key) { (records) throws(Diagnostic) in
            var record = RecordWriter()
            record.write(documents.count)
            for part in [documents.beginning, texts] {
                record.write(part.bytes)
                record.write(part.digest)
            }
            try records.append(record)
        }
    }

    private init?(from reader: inout RecordReader) {
        func beginning(_ reader: inout RecordReader) -> OutputFile.Beginning? {
            guard let bytes = reader.number(), let digest = reader.digest() else { return nil }
            return .init(bytes: bytes, digest: digest)
        }
        guard let count = reader.number(), let documents = beginning(&reader), let texts = beginning(&reader) else {
            return nil
        }
        self.init(documents: .init(count: count, beginning: documents), texts: texts)
    }

    init(documents: RecordFile.Kept, texts: OutputFile.Beginning) { (self.documents, self.texts) = (documents, texts) }

    /// The files to go on with; `nil` where they do not begin as was kept.
    func begun(_ run: BuildRun, _ unit: Int) -> Begun? {
        let partial = Self.unfinishedTexts(run, unit)
        // A run may have stopped between the names of the texts and of their records.
        if access(partial, F_OK) != 0 { rename(run.work.file(unit, "texts"), partial) }
        guard let documents = RecordFile.begun(run.work.file(unit, "documents"), documents),
            let texts = OutputFile(partial, after: texts)
        else { return nil }
        return Begun(documents: documents, texts: texts)
    }

    static func remove(_ run: BuildRun, _ unit: Int) { removeFile(path(run, unit)) }

    static func unfinishedTexts(_ run: BuildRun, _ unit: Int) -> String { run.work.file(unit, "texts") + ".partial" }

    private static func path(_ run: BuildRun, _ unit: Int) -> String { run.work.file(unit, "checkpoint") }
}
