import Randomness

/// One run in virtual time, job by job, with chances drawn from a seed.
///
/// A job starts, reads the last checkpoint and trains until the run is done, its time is up (it saves and leaves), or a
/// failure ends it; then the next one goes on from the last complete checkpoint. Failures do not age: the time to the next
/// is exponential, and so are hangs, repairs and waits in the queue.
struct CampaignRun {
    private let work: CampaignWork
    private let hazards: CampaignHazards
    private var draws: RandomDraws
    private(set) var tally = CampaignTally()
    /// Steps that are safe.
    private var step = 0
    /// When each node that crashed will be back.
    private var returns: [Double] = []

    /// "RUNS" in ASCII.
    private static let purpose: UInt32 = 0x5255_4E53

    init(_ work: CampaignWork, _ hazards: CampaignHazards, seed: UInt64, number: Int) {
        self.work = work
        self.hazards = hazards
        draws = RandomDraws(seed: seed, purpose: Self.purpose, stream: UInt64(number))
    }

    /// Where the time of a run goes. The caller has made sure that it ends.
    static func tally(
        _ work: CampaignWork, _ hazards: CampaignHazards, seed: UInt64, number: Int
    ) -> CampaignTally {
        var run = CampaignRun(work, hazards, seed: seed, number: number)
        while run.step < work.steps { run.playJob() }
        return run.tally
    }

    private mutating func playJob() {
        tally.jobs += 1
        if hazards.queueSeconds > 0 { tally.queue += draws.exponential(mean: hazards.queueSeconds) }
        let rate = hazards.failuresPerSecond
        let failure = rate > 0 ? draws.exponential(mean: 1 / rate) : .infinity
        let rest = work.wholeSeconds - work.progress(through: step).seconds
        let end = min(hazards.startSeconds + rest, hazards.jobSeconds)
        if failure < end {
            fail(after: failure)
        } else if hazards.startSeconds + rest <= hazards.jobSeconds {
            tally.start += hazards.startSeconds
            keep(through: work.steps)
        } else {
            leave()
        }
    }

    /// The job's time is up: what it has done is saved.
    private mutating func leave() {
        tally.start += hazards.startSeconds
        let time = hazards.jobSeconds - hazards.startSeconds - work.checkpoint.seconds
        let last = work.lastStep(from: step, within: time)
        let isSaved = !work.isAsynchronous && work.lastCheckpoint(before: last) == last
        keep(through: last)
        if !isSaved { tally.checkpoint += work.checkpoint.seconds }
    }

    /// A failure, so long after the job's start.
    private mutating func fail(after seconds: Double) {
        let worked = max(0, seconds - hazards.startSeconds)
        tally.start += seconds - worked
        // A checkpoint that is being written while training goes on is not complete yet.
        let complete = work.isAsynchronous ? worked - work.checkpoint.seconds : worked
        let reached = complete > 0 ? work.lastStep(from: step, within: complete) : step
        let saved = max(step, work.lastCheckpoint(before: reached))
        let kept = keep(through: saved)
        tally.lost += worked - kept
        if draws.uniform() * hazards.failuresPerSecond <= hazards.crashesPerSecond {
            tally.crashes += 1
            tally.down += hazards.detectionSeconds
            replaceNode()
        } else {
            tally.hangs += 1
            tally.down += draws.exponential(mean: hazards.hangSeconds)
        }
    }

    /// Counts the work up to a step as done; returns its seconds.
    @discardableResult private mutating func keep(through last: Int) -> Double {
        let done = work.progress(through: last) - work.progress(through: step)
        tally.steps += done.steps
        tally.evaluation += done.evaluation
        tally.checkpoint += done.checkpoint
        step = last
        return done.seconds
    }

    /// Takes a node out until it is repaired, and waits if too few are left.
    private mutating func replaceNode() {
        guard hazards.repairSeconds > 0 else { return }
        let now = tally.elapsed
        returns.removeAll { $0 <= now }
        returns.append(now + draws.exponential(mean: hazards.repairSeconds))
        guard returns.count > hazards.spareNodes else { return }
        returns.sort()
        tally.repair += max(0, returns[returns.count - hazards.spareNodes - 1] - now)
    }
}
