import Ingestion
import Integrity

/// What a unit gave, in order: a record of its work file.
enum UnitEntry {
    /// A document with its number within the unit.
    case document(Int, UnitDocument)
    case skip(SkippedInput)

    /// `nil` where the bytes are no record; `number` is that of the next document.
    init?(from reader: inout RecordReader, number: Int, stages: StageNumbers) {
        switch reader.number() {
        case 0?:
            guard let document = UnitDocument(from: &reader, stages: stages) else { return nil }
            self = .document(number, document)
        case 1?:
            guard let place = reader.text(), let reason = reader.text(), let detail = reader.optionalText() else {
                return nil
            }
            self = .skip(SkippedInput(place: place, reason: reason, detail: detail))
        default: return nil
        }
    }

    func write(to record: inout RecordWriter, stages: StageNumbers) {
        switch self {
        case .document(_, let document):
            record.write(0)
            document.write(to: &record, stages: stages)
        case .skip(let skipped):
            record.write(1)
            record.write(skipped.place)
            record.write(skipped.reason)
            record.write(skipped.detail)
        }
    }

    /// Whether this was made of what has been read now, as far as anything of that decides it.
    func isMade(of item: IngestedItem) -> Bool {
        switch (self, item) {
        case (.skip(let made), .skip(let read)): return made == read
        case (.document(_, let made), .document(let read)):
            guard made.place == read.place, made.url == read.url, made.licence == read.licence,
                made.rawBytes == read.text.count, made.raw == SHA256.digest(of: read.text)
            else { return false }
            // A language that no source states leaves a step that says how it was told.
            switch made.steps.first?.stage {
            case BuildStage.removed?: return read.language == nil || read.language == made.language
            case BuildStage.language?: return read.language == nil
            default: return read.language == made.language
            }
        default: return false
        }
    }
}
