import ClusterProfiles
import Diagnostics
import Recipes

/// What a campaign is simulated from: work, hazards, and how often the state is saved.
struct CampaignSetup: Sendable, Equatable {
    var work: CampaignWork
    var hazards: CampaignHazards
    /// Bytes of one checkpoint.
    var checkpointBytes: Double
    /// Work between two checkpoints that loses least; `nil` if nothing fails.
    var optimalSeconds: Double?
    /// Steps between two checkpoints; 0 for only after the last.
    var checkpointEverySteps: Int { work.checkpoint.everySteps }
    var acceleratorCount: Int
    /// Between what 80 % of measured steps lie, as factors on the estimated time; `nil` if that is not known.
    var stepTimeFactors: ClosedRange<Double>?
}

extension CampaignSetup {
    /// - Parameters:
    ///   - phases: the steps.
    ///   - evaluation: how the accelerators spend one evaluation.
    init(
        _ recipe: Recipe, on profile: ClusterProfile, phases: [CampaignWork.Phase], evaluation: TimeUse,
        options: Campaign.Options
    ) throws(Diagnostic) {
        acceleratorCount = recipe.layout.ranks
        stepTimeFactors = profile.uncertainty?.stepTimeFactors(
            isOneNode: recipe.layout.ranks <= profile.nodes.acceleratorsPerNode)
        checkpointBytes = recipe.checkpointBytes
        let nodes = profile.nodes.count(holding: recipe.layout.ranks)
        hazards = try CampaignHazards(profile, nodes: nodes, checkpointBytes: checkpointBytes, options: options)
        let writeSeconds = checkpointBytes / profile.writeBytesPerSecond(nodes: nodes) + profile.storage.latencySeconds
        let rate = hazards.failuresPerSecond
        if rate > 0 {
            optimalSeconds = CheckpointInterval.optimalSeconds(
                writeSeconds: writeSeconds, isAsynchronous: recipe.checkpoint.asynchronous,
                meanSecondsBetweenFailures: 1 / rate)
        }
        let step = phases[phases.count - 1].use.seconds
        let optimalSteps = optimalSeconds.map { Int(min(max(1, ($0 / step).rounded()), 1e9)) }
        let everySteps: Int
        switch options.checkpoints {
        case .every(let steps): everySteps = steps
        case .recipe: everySteps = recipe.checkpoint.everySteps > 0 ? recipe.checkpoint.everySteps : optimalSteps ?? 0
        case .optimal:
            guard let optimalSteps else {
                // The section may be there, and say that nothing fails.
                throw profile.missingFigure(
                    "reliability.crashes_per_node_hour", "how often a node fails",
                    with: profile.reliability == nil ? ClusterProfile.Reliability.keys : [])
            }
            everySteps = optimalSteps
        }
        work = CampaignWork(
            phases: phases, evaluation: .init(everySteps: recipe.evaluation.everySteps, seconds: evaluation.seconds),
            checkpoint: .init(everySteps: everySteps, seconds: writeSeconds),
            isAsynchronous: recipe.checkpoint.asynchronous)
    }

    /// Refuses a run that would never end, or whose simulation would take too long; returns what is to be expected.
    func expectation() throws(Diagnostic) -> CampaignExpectation {
        let room = hazards.jobSeconds - hazards.startSeconds - work.checkpoint.seconds
        guard room >= work.longestStepSeconds else {
            let least = (hazards.jobSeconds - room + work.longestStepSeconds) / 3600
            throw Diagnostic(
                "campaign.job-too-short",
                "a job's time is up before it has made a single step, with the evaluation and the checkpoint that may follow",
                at: .init(key: "slurm.time_limit_hours"), expected: "at least \(Lines.significant(least)) h",
                found: "\(Lines.significant(hazards.jobSeconds / 3600)) h")
        }
        let expectation = CampaignExpectation(work, hazards)
        var unharmed = hazards
        (unharmed.crashesPerSecond, unharmed.hangsPerSecond) = (0, 0)
        let least = CampaignExpectation(work, unharmed).reservedSeconds
        // A run that failures make a thousand times longer makes no progress worth the name.
        guard expectation.reservedSeconds <= 1e3 * least else {
            let between = Lines.significant(1 / (hazards.failuresPerSecond * 3600))
            let every = checkpointEverySteps
            throw Diagnostic(
                "campaign.no-progress",
                "failures come so often that next to no work is ever saved: one every \(between) h of the whole job, "
                    + (every > 0
                        ? "a checkpoint every \(every == 1 ? "step" : "\(every) steps")"
                        : "no checkpoint before the end"),
                at: .init(key: "reliability.crashes_per_node_hour"), expected: "some steps between two failures",
                remedy: "pass --checkpoint-every optimal, or use fewer nodes")
        }
        let interruptions = expectation.jobs
        guard interruptions <= Campaign.interruptionsMax else {
            throw Diagnostic(
                "campaign.too-long", "the run is too long to be simulated", at: .init(key: "optimizer.train_samples"),
                expected: "at most \(Lines.number(Campaign.interruptionsMax)) jobs",
                found: "about \(Lines.significant(interruptions))", remedy: "lower optimizer.train_samples")
        }
        return expectation
    }
}

extension Recipe {
    /// Bytes of a checkpoint of the whole state: a float32 copy and two moments of each parameter, which is all that
    /// Serre saves; other engines save the 16-bit parameters as well (BLOOM's were 14 bytes per parameter).
    var checkpointBytes: Double {
        let rounded = layout.style == .serre || layout.style == .fsdp || precision == .float32 ? 0 : 2
        return Double(parameterCount) * Double(12 + rounded)
    }
}
