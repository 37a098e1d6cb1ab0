/// How long a rank may wait at an instruction before the run is called hung.
///
/// With the virtual clock's times, `factor` times what the instruction takes there with its wait, scaled to how much slower the real
/// steps are, and at least twice the slowest step of late; without, `factor` times the slowest step of late. Never less
/// than `floor`; before the first step has been measured, `firstPatience`.
public struct Watchdog: Sendable {
    /// How much longer than expected.
    public enum Limit: Sendable, Equatable {
        case factor(Double)
        /// So long, whatever was expected.
        case fixed(Duration)
    }

    public var limit: Limit
    /// What the virtual clock says about the steps; `nil` without a profile.
    public var expected: ExpectedWaits?
    /// How much longer the processes may wait for each other between steps, where they save.
    public var savePatience: Duration

    /// The shortest deadline that follows from a factor: others may write the record or be short of a core for so long.
    public static let floor = Duration.seconds(60)
    /// The deadline as long as nothing has been measured.
    public static let firstPatience = Duration.seconds(600)
    /// The factor where none is named.
    public static let usualFactor = 20.0

    public init(_ limit: Limit, expected: ExpectedWaits? = nil, savePatience: Duration) {
        (self.limit, self.expected, self.savePatience) = (limit, expected, savePatience)
    }

    /// How long a rank may wait at a place of the schedule. `slowest` is the longest of the last steps.
    public func deadline(rank: Int, action: Int, instruction: Int, slowest: Duration?) -> Duration {
        guard case .factor(let factor) = limit else { return fixed }
        guard let slowest else { return Self.firstPatience }
        guard let expected, let seconds = expected.seconds(rank, action, instruction) else {
            return max(Self.floor, slowest * factor)
        }
        let scale = max(1, slowest / .seconds(1) / max(expected.stepSeconds, 1e-9))
        return max(Self.floor, .seconds(factor * scale * seconds), slowest * 2)
    }

    /// How long a process may wait for the others between steps.
    public func collectivePatience(slowest: Duration?) -> Duration {
        guard case .factor(let factor) = limit else { return fixed + savePatience }
        return max(Self.firstPatience, (slowest ?? .zero) * factor) + savePatience
    }

    private var fixed: Duration { if case .fixed(let duration) = limit { duration } else { .zero } }
}

/// What the virtual clock expects each instruction of a step to take, its wait included.
public struct ExpectedWaits: Sendable {
    /// Virtual seconds of a whole step.
    public var stepSeconds: Double
    /// Virtual seconds of an instruction at a place of a rank's schedule; `nil` where the clock has none.
    public var seconds: @Sendable (_ rank: Int, _ action: Int, _ instruction: Int) -> Double?

    public init(stepSeconds: Double, seconds: @escaping @Sendable (Int, Int, Int) -> Double?) {
        (self.stepSeconds, self.seconds) = (stepSeconds, seconds)
    }
}

/// What the last steps of a run took.
struct StepTimes {
    private var recent: [Duration] = []
    private static let remembered = 20

    /// The longest of them; `nil` before the first.
    var slowest: Duration? { recent.max() }

    mutating func add(_ duration: Duration) {
        recent.append(duration)
        if recent.count > Self.remembered { recent.removeFirst() }
    }
}
