import Diagnostics
import Programs
import Simulation

/// Memory in use by kind, in bytes: it changes when passes begin and end.
extension StepTrace {
    func counters(
        of rank: Shown, _ course: MemoryCourse, _ body: (TraceEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let program = recording.programs[rank.track]
        var last: [TraceEvent.Value] = []
        // Of values at the same time the last counts.
        var pending: (time: Int, values: [TraceEvent.Value])?
        func set(_ values: [TraceEvent.Value], at time: Int) throws(Diagnostic) {
            if let old = pending, old.time < time { try flush() }
            pending = (time, values)
        }
        func flush() throws(Diagnostic) {
            guard let due = pending, due.values != last else { return }
            try body(
                .counter(
                    process: rank.process, at: due.time, name: "rank \(rank.rank) memory in use", values: due.values))
            last = due.values
        }
        for (action, entries) in recording.entriesByAction(on: rank.track) {
            guard program.isShown(action, microbatches), let first = entries.first, let end = entries.last?.end else {
                continue
            }
            try set(Self.values { course.bytes(of: $0, during: action) }, at: nanoseconds(first.start))
            try set(Self.values { course.bytes(of: $0, after: action) }, at: nanoseconds(end))
        }
        try flush()
    }

    private static func values(_ bytes: (BufferDeclaration.Kind) -> Int) -> [TraceEvent.Value] {
        BufferDeclaration.Kind.allCases.map { .init(name: $0.rawValue, bytes: bytes($0)) }
    }
}
