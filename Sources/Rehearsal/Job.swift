import Diagnostics
import Fabrics
import Recipes
import Training

/// How one job of a rehearsed run ended, which goes from a start or a resume until it is over, one way or another.
public enum JobEnd: Sendable {
    case finished(TrainingEnd)
    /// Stopped in time, with the state saved.
    case stopped(TrainingEnd)
    case failed(Diagnostic)
}

/// Asks a rehearsed run to stop, as signals and time limits do, on virtual time.
final class SimulatedStop: StopSource {
    private let cluster: SimulatedCluster
    private var limit: TimeLimit?
    private let origin: ContinuousClock.Instant
    /// When the batch system ends the job, in virtual seconds.
    private let end: Double?
    /// The longest that a save has taken, in virtual seconds: the trainer's own measure is one of wall time.
    private var longestSave: Double
    /// When the save that is under way began.
    private var savingSince: Double?
    private var hasAsked = false
    /// Whether the run has gone on with another step after it was asked to stop.
    private(set) var wasIgnored = false
    /// Whoever may really want the rehearsal to stop, and whether that has happened.
    private let outside: (any StopSource)?
    private(set) var isCancelled = false

    /// `limitSeconds` from now the job ends; a save takes about `saveSeconds`, as earlier jobs have shown.
    init(
        _ cluster: SimulatedCluster, limitSeconds: Double?, margin: Double, saveSeconds: Double,
        outside: (any StopSource)? = nil
    ) {
        self.cluster = cluster
        longestSave = saveSeconds
        self.outside = outside
        origin = .now
        end = limitSeconds.map { cluster.now + $0 }
        limit = end.map { [origin, cluster] end in
            TimeLimit(
                end: origin + .seconds(end), margin: .seconds(margin),
                now: origin + .seconds(cluster.now + cluster.clockSkew))
        }
    }

    func isSaving(since now: Double) { savingSince = now }

    func hasSaved(at now: Double) {
        if let savingSince { longestSave = max(longestSave, now - savingSince) }
        savingSince = nil
    }

    func agreed(over fabric: any Fabric, saveSeconds: Double) throws(Diagnostic) -> StopReason? {
        _ = try fabric.broadcast([0])
        if let end, cluster.now >= end {
            cluster.reachTimeLimit()
            cluster.die("time-limit", "the batch system has ended the job at its time limit")
            try cluster.check()
        }
        wasIgnored = wasIgnored || hasAsked
        let real = try outside?.agreed(over: fabric, saveSeconds: saveSeconds)
        if real != nil { isCancelled = true }
        let reason = real ?? request()
        hasAsked = reason != nil
        return reason
    }

    private func request() -> StopReason? {
        if let preemption = cluster.preemption, cluster.now >= preemption.signalled { return .signal }
        let now = origin + .seconds(cluster.now + cluster.clockSkew)
        // A save that is under way must end before the last one begins.
        let saveSeconds = longestSave * (savingSince == nil ? 1 : 2)
        guard limit?.isReached(saveSeconds: saveSeconds, now: now) == true else { return nil }
        cluster.reachTimeLimit()
        return .timeLimit
    }
}
