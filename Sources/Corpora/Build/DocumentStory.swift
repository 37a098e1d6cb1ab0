import Deduplication
import Diagnostics

/// A document from its source to its place in the corpus: every step, and what became of it.
struct DocumentStory {
    var number: DocumentNumber
    /// The source's place among those that are read.
    var source: Int
    var document: UnitDocument
    /// The steps of all passes, in order.
    var steps: [StageStep]
    /// The text's line; `nil` for a document that is not in the corpus.
    var line: FinalDocument.Line?
    /// The line of a text that was made and then found to be there already.
    var unusedLine: FinalDocument.Line?
    /// The document that it duplicates.
    var original: DocumentNumber?

    /// The last step, where that left the document out.
    var dropped: StageStep? {
        guard let last = steps.last, last.decision == .dropped else { return nil }
        return last
    }
}

extension BuildRun {
    /// Visits the stories of a unit's documents and its skipped inputs, in order.
    func forEachStory(
        of unit: Int, _ decisions: Decisions, places: OriginalPlaces?,
        story: (DocumentStory) throws(Diagnostic) -> Void, skip: (UnitEntry) throws(Diagnostic) -> Void = { _ in }
    ) throws(Diagnostic) {
        let path = work.file(unit, "final")
        guard let records = RecordFile.open(path, key: plan.key) else { throw Self.lost(path) }
        var finals = RecordFile.Cursor(records)
        func nextFinal() throws(Diagnostic) -> FinalDocument? {
            try finals.next { FinalDocument(from: &$0, stages: stages) }
        }
        var final = try nextFinal()
        let base = decisions.bases[unit]
        try forEachEntry(of: unit) { (entry) throws(Diagnostic) in
            guard case .document(let number, let document) = entry else { return try skip(entry) }
            var own: FinalDocument?
            if final?.number == number {
                own = final
                final = try nextFinal()
            }
            try story(
                self.story(
                    base + number, document, own, source: plan.units[unit].source, decisions, places: places))
        }
    }

    private func story(
        _ number: DocumentNumber, _ document: UnitDocument, _ final: FinalDocument?, source: Int,
        _ decisions: Decisions, places: OriginalPlaces?
    ) -> DocumentStory {
        let fate = decisions.fates[number]
        let original = decisions.original(of: number)
        var story = DocumentStory(
            number: number, source: source, document: document, steps: document.steps, line: nil, unusedLine: nil,
            original: original)
        guard fate != .left, let text = document.text else { return story }
        func judge(_ stage: String, _ bytes: Int, isDropped: Bool, _ reason: @autoclosure () -> String) {
            story.steps.append(
                StageStep(
                    stage: stage, decision: isDropped ? .dropped : .kept, detail: isDropped ? reason() : nil,
                    bytesIn: bytes, bytesOut: isDropped ? 0 : bytes))
        }
        let named = original.flatMap { places?.name(of: $0) } ?? "an earlier document"
        if !specification.deduplication.exact.isEmpty {
            judge(BuildStage.exact, text.bytes, isDropped: fate == .exact, "the same as \(named)")
            if fate == .exact { return story }
        }
        if specification.deduplication.near != nil {
            judge(
                BuildStage.near, text.bytes, isDropped: fate == .near, nearReason(number, named, decisions, places))
            if fate == .near { return story }
        }
        story.steps += final?.steps ?? []
        if fate == .emptied { return story }
        let bytes = final?.text?.bytes ?? 0
        judge(BuildStage.exactAfterwards, bytes, isDropped: fate == .exactAfterwards, "became the same as \(named)")
        if fate == .kept { story.line = final?.text } else { story.unusedLine = final?.text }
        return story
    }

    private func nearReason(
        _ number: DocumentNumber, _ original: String, _ decisions: Decisions, _ places: OriginalPlaces?
    ) -> String {
        guard let near = decisions.nearDuplicate(number) else { return "nearly the same as \(original)" }
        let share = FixedPoint.text(near.similarity, digits: 2)
        let resembles = places?.name(of: near.resembles) ?? "an earlier document"
        let chain = near.resembles == near.original ? "" : ", which leads to \(original)"
        return "similarity \(share) to \(resembles)\(chain)"
    }
}

/// The names (`source:place`) of the documents that others duplicate.
struct OriginalPlaces: Sendable {
    private let numbers: [DocumentNumber]
    private var names: [String]

    /// `numbers` ascend.
    init(_ numbers: [DocumentNumber]) {
        self.numbers = numbers
        names = [String](repeating: "", count: numbers.count)
    }

    /// Sets the name of a document, if it is one of these.
    mutating func set(_ name: @autoclosure () -> String, of document: DocumentNumber) {
        if let index = index(of: document) { names[index] = name() }
    }

    func name(of document: DocumentNumber) -> String? { index(of: document).map { names[$0] } }

    private func index(of document: DocumentNumber) -> Int? {
        let index = Decisions.search(numbers.count) { numbers[$0] < document }
        return index < numbers.count && numbers[index] == document ? index : nil
    }
}

/// Numbers with a fixed number of decimals, the same in every locale.
enum FixedPoint {
    /// `value` of at least 0, rounded to nearest.
    static func text(_ value: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        guard value.isFinite, value >= 0, value * scale < 1e15 else { return "\(value)" }
        let all = String(Int((value * scale).rounded()))
        let padded = String(repeating: "0", count: max(0, digits + 1 - all.count)) + all
        return digits == 0 ? padded : "\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
