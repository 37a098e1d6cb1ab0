import Deduplication
import Diagnostics
import Integrity
import Synchronization

/// The decisions that need all documents: taken in the order of their numbers, whoever prepared them.
extension BuildRun {
    /// Marks what cleaning kept, and documents that are the same as an earlier one.
    func decideExact(_ decisions: inout Decisions) throws(Diagnostic) {
        var first = specification.deduplication.exact.map { _ in FirstOccurrences() }
        for unit in plan.units.indices {
            let base = decisions.bases[unit]
            try forEachEntry(of: unit) { (entry) throws(Diagnostic) in
                guard case .document(let number, let document) = entry, document.isKept else { return }
                var original: Int?
                for (kind, key) in document.keys.enumerated() {
                    guard let key, let earlier = first[kind].insert(key, document: base + number) else { continue }
                    original = min(original ?? earlier, earlier)
                }
                if let original {
                    decisions.markExact(base + number, original: original)
                } else {
                    decisions.keep(base + number)
                }
            }
        }
    }

    /// The lines to remove from all prose, counted over the prose that is left.
    func templateLines(_ decisions: Decisions) throws(Diagnostic) -> TemplateLines? {
        guard let rule = specification.deduplication.templateLines else { return nil }
        let path = work.file("template-lines")
        if let records = RecordFile.open(path, key: plan.key) {
            var hashes = [UInt64]()
            try records.forEach { (reader, _) in
                guard let hash = reader.fixed() else { return false }
                hashes.append(hash)
                return true
            }
            return TemplateLines(rule: rule, hashes: hashes)
        }
        let all = Mutex(LineCounter(rule))
        try forEachUnit(
            .lines, state: { LineCounter(rule) }, end: { own in all.withLock { $0 = merged($0, own) } }
        ) { (unit, counter, meter) throws(Diagnostic) in
            let base = decisions.bases[unit]
            try forEachText(of: unit) { (number, document, text) throws(Diagnostic) in
                if decisions.fates[base + number] == .kept, !document.isCode { counter.add(text) }
                meter.add(documents: 1, textBytes: text.count)
            }
            return false
        }
        let templates = all.withLock { $0.templates() }
        try RecordFile.write(to: path, key: plan.key) { (records) throws(Diagnostic) in
            var record = RecordWriter()
            for hash in templates.hashes {
                record.removeAll()
                record.write(fixed: hash)
                try records.append(record)
            }
        }
        return templates
    }

    /// The sum of two counters; the smaller one is added to the larger, which then need not grow much.
    private func merged(_ a: LineCounter, _ b: LineCounter) -> LineCounter {
        var larger = a
        var smaller = b
        if b.distinctLines > a.distinctLines { swap(&larger, &smaller) }
        if smaller.distinctLines > 0 { larger.merge(smaller) }
        return larger
    }

    /// Marks documents that are nearly the same as an earlier one, without regard to template lines.
    func decideNear(_ decisions: inout Decisions, _ templates: TemplateLines?) throws(Diagnostic) {
        guard let near = specification.deduplication.near else { return }
        let sketcher = Sketcher(near)
        try sketchAll(sketcher, decisions, templates)
        var index = SketchIndex(near)
        for unit in plan.units.indices {
            let path = work.file(unit, "sketches")
            guard let records = RecordFile.open(path, key: plan.key) else { throw Self.lost(path) }
            let base = decisions.bases[unit]
            try records.forEach { (reader, _) in
                guard let number = reader.number(), base + number < decisions.bases[unit + 1] else { return false }
                return index.add(&reader, document: base + number)
            }
        }
        decisions.markNear(index.nearDuplicates())
    }

    private func sketchAll(
        _ sketcher: Sketcher, _ decisions: Decisions, _ templates: TemplateLines?
    ) throws(Diagnostic) {
        try forEachUnit(.sketch, state: {}) { (unit, _, meter) throws(Diagnostic) in
            let path = work.file(unit, "sketches")
            if RecordFile.open(path, key: plan.key) != nil { return true }
            let base = decisions.bases[unit]
            try RecordFile.write(to: path, key: plan.key) { (records) throws(Diagnostic) in
                try forEachText(of: unit) { (number, document, text) throws(Diagnostic) in
                    guard decisions.fates[base + number] == .kept else { return }
                    var text = text
                    if !document.isCode { templates?.remove(from: &text) }
                    var record = RecordWriter()
                    record.write(number)
                    if sketcher.sketch(text, language: document.language, into: &record) { try records.append(record) }
                    meter.add(documents: 1, textBytes: text.count)
                }
            }
            return false
        }
    }

    /// Finds what repeats earlier prose; the ranges to cut are left in a work file for each unit.
    ///
    /// One pass in the documents' order, by one thread: what counts as earlier must not depend on workers.
    func findRepeats(_ decisions: Decisions, _ templates: TemplateLines?) throws(Diagnostic) {
        guard let substrings = specification.deduplication.substrings else { return }
        let done = work.file("repeats")
        let areThere = plan.units.indices.allSatisfy { RecordFile.open(work.file($0, "cuts"), key: plan.key) != nil }
        if areThere, RecordFile.open(done, key: plan.key) != nil { return }
        let total = plan.units.reduce(0) { $0 &+ $1.work.bytes }
        let meter = ProgressMeter(.substrings, total: total, report: options.progress)
        var repeats = RepeatedSubstrings(
            bytesMin: substrings.bytesMin, memoryBytesMax: substrings.memoryMebibytesMax << 20)
        for unit in plan.units.indices {
            let base = decisions.bases[unit]
            try RecordFile.write(to: work.file(unit, "cuts"), key: plan.key) { (records) throws(Diagnostic) in
                try forEachText(of: unit) { (number, document, text) throws(Diagnostic) in
                    guard decisions.fates[base + number] == .kept, !document.isCode else { return }
                    var text = text
                    templates?.remove(from: &text)
                    let ranges = repeats.insert(text)
                    meter.add(documents: 1, textBytes: text.count)
                    if ranges.isEmpty { return }
                    var record = RecordWriter()
                    record.write(number)
                    record.write(ranges.count)
                    for range in ranges {
                        record.write(range.lowerBound)
                        record.write(range.count)
                    }
                    try records.append(record)
                }
            }
            meter.finish(unit, of: plan.units[unit].work.bytes)
        }
        try RecordFile.write(to: done, key: plan.key) { _ in }
    }
}
