import ArgumentParser
import Diagnostics
import Observation

/// What the check of a trace file says.
struct TraceVerdict {
    private let file: String
    private let check: TraceCheck

    init(file: String) throws(Diagnostic) {
        self.file = file
        check = try TraceCheck(file: file)
    }

    /// Prints it; throws exit status 1 for a trace that is not sound.
    func print(json: Bool) throws {
        if json {
            try Console.printJSON(check)
        } else {
            lines.forEach(Console.print)
        }
        if !check.isSound { throw ExitCode(1) }
    }

    private var lines: [String] {
        let count = check.problemCount
        let verdict = check.isSound ? "sound" : "\(grouped(count)) problem\(count == 1 ? "" : "s")"
        let rest = count - check.problems.count
        return [
            "\(file): \(verdict)",
            "\(grouped(check.events)) events: \(grouped(check.slices)) slices on \(grouped(check.threads)) threads, "
                + "\(grouped(check.arrows)) arrows, \(grouped(check.counters)) values of counters",
        ] + check.problems.map { "  \($0)" } + (rest > 0 ? ["  and \(grouped(rest)) more"] : [])
    }
}
