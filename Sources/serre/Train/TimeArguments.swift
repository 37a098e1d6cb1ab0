import ArgumentParser
import Diagnostics
import Foundation
import Training

/// When a run must have ended, where the batch system or the user sets a limit.
struct TimeArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Stop in time to be saved after this long: 20h, 90m, 1h30m or 1:59:00 (default: the end of the Slurm job, where Slurm names it in SLURM_JOB_END_TIME, which Slurm 22.05 does not; else none).",
            valueName: "duration"))
    var timeLimit: String?
    @Option(
        help: ArgumentHelp(
            "Time to spare before the limit, beside another step and a save as long as the longest so far (default: as much again, at least 30 s).",
            valueName: "duration"))
    var timeMargin: String?

    /// The limit, counted from now; `nil` for none.
    func limit(
        environment: [String: String] = ProcessInfo.processInfo.environment, now: ContinuousClock.Instant = .now
    ) throws(Diagnostic) -> TimeLimit? {
        let margin = try timeMargin.map { (text) throws(Diagnostic) in try Self.duration(text, "--time-margin") }
        let end =
            if let timeLimit {
                now + (try Self.duration(timeLimit, "--time-limit"))
            } else {
                TimeLimit.slurmEnd(environment, now: now)
            }
        return end.map { TimeLimit(end: $0, margin: margin, now: now) }
    }

    private static func duration(_ text: String, _ option: String) throws(Diagnostic) -> Duration {
        guard let duration = DurationText(text) else {
            throw Diagnostic(
                "train.duration", "\(option) is not a length of time", expected: "such as 20h, 90m, 1h30m or 1:59:00",
                found: text)
        }
        return .seconds(duration.seconds)
    }
}
