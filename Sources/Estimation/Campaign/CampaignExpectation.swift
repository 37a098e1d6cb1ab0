import Foundation

/// What a run takes on average, in closed form: the check of the simulated runs, and what tells beforehand whether they
/// would end.
///
/// With failures at rate λ, a mean of D until a failed job has ended and R until the next one trains, a stretch of work τ
/// between two checkpoints takes e^{λR}(e^{λτ} − 1)(1/λ + D) (Daly 2006, equation 20). Jobs that end because their time is
/// up each cost a start and a checkpoint; nodes under repair are a birth-and-death process (Erlang's loss formula).
struct CampaignExpectation: Sendable, Equatable {
    var reservedSeconds: Double
    var elapsedSeconds: Double
    var failures: Double
    var jobs: Double
    /// Share of the time with nodes in which steps are made that count.
    var goodput: Double

    init(_ work: CampaignWork, _ hazards: CampaignHazards) {
        let whole = work.progress(through: work.steps)
        let rate = hazards.failuresPerSecond
        let tries = Self.tries(work, hazards, whole)
        failures = tries.failures
        // A job ends in the middle if its time is up before a failure comes.
        let limit = hazards.jobSeconds
        var (limited, perSecond) = (0.0, 0.0)
        if limit.isFinite {
            // The step that would not end in time is not begun.
            let length = max(limit - whole.steps / Double(work.steps) / 2, limit / 2)
            limited = exp(-rate * length)
            perSecond = rate > 0 ? rate * limited / -expm1(-rate * length) : 1 / length
        }
        let leaving = hazards.startSeconds + work.checkpoint.seconds
        let ended = (tries.seconds + hazards.startSeconds) / max(1 - perSecond * leaving, 0)
        let down = rate > 0 ? tries.downSeconds : 0
        reservedSeconds = ended + down
        jobs = 1 + failures + ended * perSecond
        let repair = Self.stopped(hazards)
        elapsedSeconds = reservedSeconds / (1 - repair) + jobs * hazards.queueSeconds
        goodput = reservedSeconds > 0 ? whole.steps / reservedSeconds : 1
        if !goodput.isFinite { goodput = 0 }
    }

    private struct Tries {
        var seconds = 0.0
        var failures = 0.0
        var downSeconds = 0.0
    }

    /// The work with what is lost to failures, without the first start.
    private static func tries(
        _ work: CampaignWork, _ hazards: CampaignHazards, _ whole: CampaignWork.Progress
    ) -> Tries {
        let rate = hazards.failuresPerSecond
        guard rate > 0 else { return Tries(seconds: whole.seconds) }
        var tries = Tries()
        // A job whose time is up saves as well.
        let room = hazards.jobSeconds - hazards.startSeconds - work.checkpoint.seconds
        for stretches in work.stretches {
            let seconds = min(stretches.seconds, room)
            let count = seconds > 0 ? stretches.count * stretches.seconds / seconds : 0
            tries.failures += count * exp(rate * hazards.startSeconds) * expm1(rate * seconds)
        }
        tries.seconds = tries.failures / rate
        if work.isAsynchronous { tries.seconds += tries.failures * work.checkpoint.seconds }
        tries.downSeconds =
            tries.failures
            * (hazards.crashesPerSecond * hazards.detectionSeconds + hazards.hangsPerSecond * hazards.hangSeconds)
            / rate
        return tries
    }

    /// Share of all time in which more nodes are under repair than can be replaced.
    private static func stopped(_ hazards: CampaignHazards) -> Double {
        let load = hazards.crashesPerSecond * hazards.repairSeconds
        guard load > 0 else { return 0 }
        var blocked = 1.0
        for servers in 1...(hazards.spareNodes + 1) {
            blocked = load * blocked / (Double(servers) + load * blocked)
            if blocked < 1e-12 { return 0 }
        }
        return blocked
    }
}
