import ClusterProfiles
import Diagnostics

/// What stands between a run and its end: failures, starts, the limits and the queue of the scheduler.
struct CampaignHazards: Sendable, Equatable {
    /// Of the whole job, per second that it runs.
    var crashesPerSecond = 0.0
    var hangsPerSecond = 0.0
    /// From a crash until its job has ended.
    var detectionSeconds = 0.0
    /// The mean from a hang until its job has ended.
    var hangSeconds = 0.0
    /// From a job's start to its first step.
    var startSeconds = 0.0
    /// The mean until a node that crashed is back.
    var repairSeconds = 0.0
    /// Nodes that can stand in for those that crashed.
    var spareNodes = 0
    /// The longest that a job may run; infinite without a limit.
    var jobSeconds = Double.infinity
    /// The mean that each job waits for its turn.
    var queueSeconds = 0.0

    var failuresPerSecond: Double { crashesPerSecond + hangsPerSecond }

    /// Whether two runs can differ.
    var isRandom: Bool { failuresPerSecond > 0 || queueSeconds > 0 }
}

extension CampaignHazards {
    /// What the profile says about a job of `nodes` nodes that reads `checkpointBytes` when it starts.
    ///
    /// Throws `campaign.spare-nodes` if the cluster has not so many, `profile.missing-figure` for jobs that queue where
    /// nobody knows how long.
    init(
        _ profile: ClusterProfile, nodes: Int, checkpointBytes: Double, options: Campaign.Options
    ) throws(Diagnostic) {
        let others = max(0, profile.nodes.count - nodes)
        if let held = options.spareNodes, held > others {
            throw Diagnostic(
                "campaign.spare-nodes", "\(profile.name) has not so many nodes beside the \(nodes) of the layout",
                at: .init(key: "--spare-nodes"), expected: "at most \(others)", found: "\(held)")
        }
        spareNodes = options.spareNodes ?? others
        startSeconds = checkpointBytes / profile.readBytesPerSecond(nodes: nodes) + profile.storage.latencySeconds
        if let reliability = profile.reliability {
            crashesPerSecond = reliability.crashesPerNodeHour.value * Double(nodes) / 3600
            hangsPerSecond = reliability.hangsPerNodeHour.value * Double(nodes) / 3600
            detectionSeconds = reliability.detectionMinutes.value * 60
            hangSeconds = reliability.hangHours.value * 3600
            startSeconds += reliability.startMinutes.value * 60
            repairSeconds = reliability.repairHours.value * 3600
        }
        if let slurm = profile.slurm { jobSeconds = slurm.timeLimitHours.value * 3600 }
        guard options.jobs == .queued else { return }
        guard let wait = profile.slurm?.queueWaitHours else {
            throw profile.missingFigure("slurm.queue_wait_hours", "what a job waits for its turn")
        }
        queueSeconds = wait.value * 3600
    }
}

extension ClusterProfile {
    /// The error for a figure that a question needs and the profile does not have.
    ///
    /// - Parameter keys: those that have to be given together; the key alone if there are none.
    func missingFigure(_ key: String, _ meaning: String, with keys: [String] = []) -> Diagnostic {
        let settings = (keys.isEmpty ? [key] : keys).map { "--set-profile \($0)=…" }
        return Diagnostic(
            "profile.missing-figure", "\(name) does not say \(meaning)", at: .init(key: key),
            remedy: "pass " + settings.joined(separator: " ")
                + (settings.count > 1
                    ? ", or add them to the profile with their sources" : ", or add it to the profile with its source"))
    }
}
