import Cleaning
import Deduplication
import Diagnostics
import Ingestion
import Integrity

/// The last pass over texts: lines, repeats and personal data are taken out of prose, and each text becomes a line of JSON.
///
/// Code stays as it is: a file without the lines that many files have, such as imports, is no program any more.
extension BuildRun {
    /// Finishes all units that no earlier run has finished; their texts are removed, since the lines hold them.
    func finishAll(_ decisions: Decisions, _ templates: TemplateLines?) throws(Diagnostic) {
        let finisher = DocumentFinisher(specification, templates: templates)
        try forEachUnit(.finish, state: {}) { (unit, _, meter) throws(Diagnostic) in
            let isTakenOver = isFinished(unit)
            if !isTakenOver { try finish(unit, decisions, finisher, meter) }
            removeFile(work.file(unit, "texts"))
            return isTakenOver
        }
    }

    /// Whether an earlier run has left a unit's last records with all their lines.
    func isFinished(_ unit: Int) -> Bool {
        guard RecordFile.open(work.file(unit, "final"), key: plan.key) != nil else { return false }
        var bytes = 0
        do throws(Diagnostic) {
            try forEachFinal(of: unit) { (final) in bytes += final.text?.lineBytes ?? 0 }
        } catch { return false }
        return UnitTexts(work.file(unit, "lines"))?.count == bytes
    }

    private func finish(
        _ unit: Int, _ decisions: Decisions, _ finisher: DocumentFinisher, _ meter: ProgressMeter
    ) throws(Diagnostic) {
        let base = decisions.bases[unit]
        let cuts = try cuts(of: unit)
        let source = plan.readers[plan.units[unit].source].source
        let linesPath = work.file(unit, "lines")
        try RecordFile.write(to: work.file(unit, "final"), key: plan.key) { (records) throws(Diagnostic) in
            let lines = try OutputFile(linesPath + ".partial")
            var record = RecordWriter()
            var nextCut = 0
            try forEachText(of: unit) { (number, document, text) throws(Diagnostic) in
                guard decisions.fates[base + number] == .kept else { return }
                var text = text
                var final = FinalDocument(number: number)
                var ranges = [Range<Int>]()
                if nextCut < cuts.count, cuts[nextCut].number == number {
                    ranges = cuts[nextCut].ranges
                    nextCut += 1
                }
                meter.add(documents: 1, textBytes: text.count)
                if document.isCode || finisher.finish(&text, cutting: ranges, steps: &final.steps) {
                    let digest = SHA256.digest(of: text)
                    let (head, tail) = TextLine.parts(document, source: source, digest: digest, text: text)
                    final.text = .init(
                        digest: digest, bytes: text.count, headBytes: head.count, lineBytes: head.count + tail.count)
                    try lines.append(head)
                    try lines.append(tail)
                }
                record.removeAll()
                final.write(to: &record, stages: stages)
                try records.append(record)
            }
            _ = try lines.finish(renamedTo: linesPath)
        }
    }

    private func cuts(of unit: Int) throws(Diagnostic) -> [(number: Int, ranges: [Range<Int>])] {
        guard specification.deduplication.substrings != nil else { return [] }
        let path = work.file(unit, "cuts")
        guard let records = RecordFile.open(path, key: plan.key) else { throw Self.lost(path) }
        var cuts = [(number: Int, ranges: [Range<Int>])]()
        try records.forEach { (reader, _) in
            guard let number = reader.number(), let count = reader.number() else { return false }
            var ranges = [Range<Int>]()
            for _ in 0..<count {
                guard let start = reader.number(), let length = reader.number() else { return false }
                ranges.append(start..<start &+ length)
            }
            cuts.append((number, ranges))
            return true
        }
        return cuts
    }

    /// Visits what a unit's documents became, in order.
    func forEachFinal(of unit: Int, _ body: (FinalDocument) throws(Diagnostic) -> Void) throws(Diagnostic) {
        let path = work.file(unit, "final")
        guard let records = RecordFile.open(path, key: plan.key) else { throw Self.lost(path) }
        try records.forEach { (reader, _) throws(Diagnostic) in
            guard let document = FinalDocument(from: &reader, stages: stages) else { return false }
            try body(document)
            return true
        }
    }

    /// Marks documents of which nothing is left, and those that became the same as an earlier one.
    func decideAfterwards(_ decisions: inout Decisions) throws(Diagnostic) {
        var first = FirstOccurrences()
        for unit in plan.units.indices {
            let base = decisions.bases[unit]
            try forEachFinal(of: unit) { (final) throws(Diagnostic) in
                let document = base + final.number
                guard document < decisions.bases[unit + 1] else { throw Self.lost(work.file(unit, "final")) }
                guard let text = final.text else { return decisions.markEmptied(document) }
                if let original = first.insert(DocumentKey(of: text.digest), document: document) {
                    decisions.markExactAfterwards(document, original: original)
                }
            }
        }
    }
}

extension DocumentKey {
    /// The first half of a digest.
    init(of digest: Digest) {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: number(digest.bytes[0..<8]), low: number(digest.bytes[8..<16]))
    }
}

/// Takes out of a text what the decisions over all documents, and redaction, take out of it.
struct DocumentFinisher: Sendable {
    private let templates: TemplateLines?
    private let cutsRepeats: Bool
    private let redaction: Redaction?

    init(_ specification: CorpusSpecification, templates: TemplateLines?) {
        self.templates = templates
        cutsRepeats = specification.deduplication.substrings != nil
        redaction = StageKind.redaction(specification.redaction)
    }

    /// Rewrites a text and appends what was done; `false` where nothing is left.
    func finish(
        _ text: inout [UInt8], cutting ranges: [Range<Int>], steps: inout [StageStep]
    ) -> Bool {
        if let templates {
            let isLeft = apply(BuildStage.templateLines, to: &text, &steps) { text in
                let lines = templates.remove(from: &text)
                return lines == 0 ? nil : "\(counted(lines, "line")) removed"
            }
            if !isLeft { return false }
        }
        if cutsRepeats {
            let isLeft = apply(BuildStage.substrings, to: &text, &steps) { text in
                let before = text.count
                text.remove(ranges)
                let removed = "\(counted(before - text.count, "byte")) in \(counted(ranges.count, "place")) removed"
                return ranges.isEmpty ? nil : removed
            }
            if !isLeft { return false }
        }
        if let redaction {
            let before = text.count
            let outcome = redaction.apply(to: &text)
            steps.append(StageStep(BuildStage.redaction, outcome, before, text.count))
        }
        return true
    }

    /// `body` says what it changed; a text of white space only is dropped.
    private func apply(
        _ stage: String, to text: inout [UInt8], _ steps: inout [StageStep], _ body: (inout [UInt8]) -> String?
    ) -> Bool {
        let before = text.count
        let change = body(&text)
        let isBlank = text.allSatisfy { $0 == 32 || (9...13).contains($0) }
        steps.append(
            StageStep(
                stage: stage, decision: isBlank ? .dropped : change == nil ? .kept : .changed,
                detail: isBlank ? "nothing is left: \(change ?? "no text")" : change, bytesIn: before,
                bytesOut: isBlank ? 0 : text.count))
        return !isBlank
    }
}

extension [UInt8] {
    /// Removes ascending ranges that lie apart; what reaches beyond the end is ignored.
    fileprivate mutating func remove(_ ranges: [Range<Int>]) {
        guard !ranges.isEmpty else { return }
        var kept = [UInt8]()
        kept.reserveCapacity(count)
        var start = 0
        for range in ranges where range.lowerBound >= start && range.upperBound <= count {
            kept.append(contentsOf: self[start..<range.lowerBound])
            start = range.upperBound
        }
        kept.append(contentsOf: self[start...])
        self = kept
    }
}
