/// When the steps of a run ended, as nearly as its record tells: it has the time of each start and resume, and the seconds
/// that each step took.
///
/// ```swift
/// var times = StepTimes(record.events)
/// for step in try ledger.steps(run) { print(step.step, times.end(of: step.step, seconds: step.seconds)) }
/// ```
/// Steps are asked for in ascending order. What happened between two of them (a save, an evaluation) is not known and counts as
/// no time, so that a step may have ended a little later than said here.
public struct StepTimes: Sendable {
    /// Starts and resumes with the step after which training went on, oldest first.
    private var begins: ArraySlice<(step: Int, time: Double)>
    /// The end of the newest step asked for.
    private var now: Double

    /// The times of a run with these events, oldest first.
    public init(_ events: [RecordedEvent]) {
        var begins: [(step: Int, time: Double)] = []
        for event in events where [.start, .resume].contains(event.kind) {
            // What was begun later in the run is done again from here on.
            while let last = begins.last, last.step >= event.step ?? 0 { begins.removeLast() }
            begins.append((event.step ?? 0, event.time.timeIntervalSince1970))
        }
        self.begins = begins[...]
        now = begins.first?.time ?? 0
    }

    /// The end of a step, in seconds since 1970; `seconds` is how long it took, `nil` where that is not recorded.
    public mutating func end(of step: Int, seconds: Double?) -> Double {
        while let begin = begins.first, begin.step < step {
            now = max(now, begin.time)
            begins.removeFirst()
        }
        if let seconds, seconds.isFinite { now += max(seconds, 0) }
        return now
    }
}

extension Ledger {
    /// What is left of the lines of a run when each step counts once: in ascending order of steps and, of a step that was done
    /// again after a resume, the last version.
    package static func lastVersions<Line>(_ lines: some Sequence<(step: Int, line: Line)>) -> [Line] {
        var byStep = [Int: Line]()
        for (step, line) in lines { byStep[step] = line }
        return byStep.sorted { $0.key < $1.key }.map(\.value)
    }
}
