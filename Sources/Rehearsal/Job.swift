import Diagnostics
import Fabrics
import Recipes
import Training

/// One job of a rehearsed run: from a start or a resume until it ends, one way or another.
struct Job {
    static let folder = "/run"

    /// How a job ended.
    enum End {
        case finished(TrainingEnd)
        /// Stopped in time, with the state saved.
        case stopped(StopReason)
        case failed(Diagnostic)
    }
}

/// Asks a rehearsed run to stop, as signals and time limits do, on virtual time.
final class SimulatedStop: StopSource {
    private let cluster: SimulatedCluster
    private var limit: TimeLimit?
    private let origin: ContinuousClock.Instant
    /// When the batch system ends the job, in virtual seconds.
    private let end: Double?
    /// The longest that a save has taken, in virtual seconds: the trainer's own measure is one of wall time.
    private var longestSave = 0.0
    private var hasAsked = false
    /// Whether the run has gone on with another step after it was asked to stop.
    private(set) var wasIgnored = false

    /// `limitSeconds` from now the job ends.
    init(_ cluster: SimulatedCluster, limitSeconds: Double?, margin: Double) {
        self.cluster = cluster
        origin = .now
        end = limitSeconds.map { cluster.now + $0 }
        limit = end.map { [origin, cluster] end in
            TimeLimit(
                end: origin + .seconds(end), margin: .seconds(margin),
                now: origin + .seconds(cluster.now + cluster.clockSkew))
        }
    }

    func hasSaved(in seconds: Double) { longestSave = max(longestSave, seconds) }

    func agreed(over fabric: any Fabric, saveSeconds: Double) throws(Diagnostic) -> StopReason? {
        _ = try fabric.broadcast([0])
        if let end, cluster.now >= end {
            cluster.die("time-limit", "the batch system has ended the job at its time limit")
            try cluster.check()
        }
        wasIgnored = wasIgnored || hasAsked
        let reason = request()
        hasAsked = reason != nil
        return reason
    }

    private func request() -> StopReason? {
        if let preemption = cluster.preemption, cluster.now >= preemption.signalled { return .signal }
        let now = origin + .seconds(cluster.now + cluster.clockSkew)
        return limit?.isReached(saveSeconds: longestSave, now: now) == true ? .timeLimit : nil
    }
}
