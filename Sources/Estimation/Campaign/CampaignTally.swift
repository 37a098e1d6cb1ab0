/// Where the time of a run went: seconds of each kind, and what happened how often. Means of many runs have fractions.
struct CampaignTally: Sendable, Equatable {
    /// Steps, evaluations and checkpoints that counted.
    var steps = 0.0
    var evaluation = 0.0
    /// For which training waited, those on leaving a job included.
    var checkpoint = 0.0
    /// From the start of jobs to their first step.
    var start = 0.0
    /// Work after the last complete checkpoint before a failure.
    var lost = 0.0
    /// From failures until their jobs had ended.
    var down = 0.0
    /// Without a job: in the queue, and while no node was left to replace one.
    var queue = 0.0
    var repair = 0.0
    var jobs = 0.0
    var crashes = 0.0
    var hangs = 0.0

    /// While nodes were held.
    var reserved: Double { steps + evaluation + checkpoint + start + lost + down }
    var elapsed: Double { reserved + queue + repair }
    var failures: Double { crashes + hangs }
    /// Share of the time with nodes in which steps were made that counted.
    var goodput: Double { reserved > 0 ? steps / reserved : 1 }

    /// The same run if each step took `factor` times as long, to first order: so many times as much of everything but what
    /// is written.
    func stretched(by factor: Double) -> CampaignTally {
        var tally = self
        for kind in [
            \CampaignTally.steps, \.evaluation, \.start, \.lost, \.down, \.queue, \.repair, \.jobs, \.crashes, \.hangs,
        ] { tally[keyPath: kind] *= factor }
        return tally
    }

    static func mean(_ tallies: [CampaignTally]) -> CampaignTally {
        func mean(_ part: KeyPath<CampaignTally, Double>) -> Double {
            tallies.reduce(0) { $0 + $1[keyPath: part] } / Double(tallies.count)
        }
        return CampaignTally(
            steps: mean(\.steps), evaluation: mean(\.evaluation), checkpoint: mean(\.checkpoint), start: mean(\.start),
            lost: mean(\.lost), down: mean(\.down), queue: mean(\.queue), repair: mean(\.repair), jobs: mean(\.jobs),
            crashes: mean(\.crashes), hangs: mean(\.hangs))
    }
}
