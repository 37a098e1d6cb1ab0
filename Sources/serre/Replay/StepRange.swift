import Diagnostics
import Replay

/// Steps as users name them: `137` or `101..150`.
struct StepRange {
    var first: Int
    var last: Int

    /// Reads `text`, or takes the whole record; throws when steps are asked for that are not on record.
    init(_ text: String?, of run: RecordedRun) throws(Diagnostic) {
        guard let recorded = run.range else {
            throw Diagnostic(
                "replay.no-steps", "the record of \(run.run) has no steps yet", remedy: "wait for its first segment",
                kind: .badInput)
        }
        guard let text else {
            (first, last) = (recorded.lowerBound, recorded.upperBound)
            return
        }
        let parts = text.components(separatedBy: "..")
        let numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count, (1...2).contains(numbers.count), numbers[0] >= 1,
            numbers[0] <= numbers[numbers.count - 1]
        else {
            throw Diagnostic("replay.steps", "--steps is not a range", expected: "such as 101..150 or 137", found: text)
        }
        (first, last) = (numbers[0], numbers[numbers.count - 1])
        guard recorded.contains(first), recorded.contains(last) else {
            throw Diagnostic(
                "replay.steps", "the record has no such steps",
                expected: "steps within \(recorded.lowerBound)..\(recorded.upperBound)", found: text)
        }
    }
}
