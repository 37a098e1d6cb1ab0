import Foundation

/// When a run must have ended, and how early it begins to end: it stops by itself with its state saved.
///
/// After each step the run stops if another step and a save would not end before the limit with a margin to spare. The step is
/// taken to be as long as the longest of the last 20, evaluations included; the save as long as the longest so far, twice
/// where one is under way. Without a margin of the user's own there is one of as much again, and at least ``leastMargin``,
/// since nothing is known of the first save.
public struct TimeLimit: Sendable {
    private let end: ContinuousClock.Instant
    private let margin: Duration?
    private var lastLook: ContinuousClock.Instant
    private var recent: [Duration] = []

    /// The margin where nothing longer has been measured.
    public static let leastMargin = Duration.seconds(30)
    private static let remembered = 20

    /// The limit at `end`; `margin` replaces the one that is derived.
    public init(end: ContinuousClock.Instant, margin: Duration? = nil, now: ContinuousClock.Instant = .now) {
        self.end = end
        self.margin = margin
        lastLook = now
    }

    /// The end of the job as Slurm tells it (`SLURM_JOB_END_TIME`, seconds since 1970); `nil` where it does not.
    public static func slurmEnd(
        _ environment: [String: String], now: ContinuousClock.Instant = .now, date: Date = Date()
    ) -> ContinuousClock.Instant? {
        guard let text = environment["SLURM_JOB_END_TIME"], let seconds = Int64(text), seconds > 0,
            seconds < 1 << 40
        else { return nil }
        return now + .seconds(Double(seconds) - date.timeIntervalSince1970)
    }

    /// Looks at the clock after a step: whether there is no time for another one and a save.
    package mutating func isReached(saveSeconds: Double, now: ContinuousClock.Instant = .now) -> Bool {
        recent.append(now - lastLook)
        if recent.count > Self.remembered { recent.removeFirst() }
        lastLook = now
        let needed = (recent.max() ?? .zero) + .seconds(saveSeconds)
        return now + needed + (margin ?? max(Self.leastMargin, needed)) > end
    }
}
