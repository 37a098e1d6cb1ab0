import ClusterProfiles

/// What the nodes of a job draw at each thing that they do.
///
/// Accelerators draw shares of their rated power by what they do, the rest of a node its `other_watts`, and a node no less
/// than when it idles. Without a `power` section every accelerator draws its rated power as long as its node is held, as
/// the authors of BLOOM's footprint counted: a ceiling, not a measurement.
struct EnergyModel: Sendable, Equatable {
    /// Of the machines, without the site's share.
    var stepWatts: Double
    var evaluationWatts: Double
    var waitingWatts: Double
    var startWatts: Double
    /// What all held nodes draw in any case, those that are spare included.
    var idleWatts: Double
    /// Of those nodes, the spare ones.
    var spareWatts: Double
    /// Energy of the whole site per energy of the machines.
    var powerUsageEffectiveness: Double

    init(_ profile: ClusterProfile, accelerators: Int, spareNodes: Int, step: TimeUse, evaluation: TimeUse) {
        let nodes = profile.nodes.count(holding: accelerators)
        let rated = profile.accelerator.tdpWatts.value
        let power = profile.power
        let unused = Double(nodes * profile.nodes.acceleratorsPerNode - accelerators)
        let others =
            Double(nodes) * profile.nodes.otherWatts.value + unused * rated * (power?.idleFraction.value ?? 1)
        let least = Double(nodes) * profile.nodes.idleWatts.value
        func watts(_ use: TimeUse) -> Double {
            guard use.seconds > 0 else { return least }
            let share =
                power.map {
                    (use.computing * $0.computingFraction.value + use.communicating * $0.communicatingFraction.value
                        + use.waiting * $0.waitingFraction.value + use.idle * $0.idleFraction.value) / use.seconds
                } ?? 1
            return max(least, Double(accelerators) * rated * share + others)
        }
        stepWatts = watts(step)
        evaluationWatts = watts(evaluation)
        waitingWatts = watts(TimeUse(waiting: 1))
        startWatts = watts(TimeUse(idle: 1))
        spareWatts = Double(spareNodes) * profile.nodes.idleWatts.value
        idleWatts = least + spareWatts
        powerUsageEffectiveness = profile.site.powerUsageEffectiveness.value
    }

    /// In kilowatt hours of the whole site.
    struct Energy {
        /// What the nodes would have drawn idle.
        var idle: Double
        /// All else.
        var dynamic: Double
        var total: Double { idle + dynamic }
    }

    /// The energy of a run.
    func kilowattHours(_ tally: CampaignTally) -> Energy {
        let joules =
            (tally.steps + tally.lost) * stepWatts + tally.evaluation * evaluationWatts
            + (tally.checkpoint + tally.down) * waitingWatts + tally.start * startWatts + tally.reserved * spareWatts
        let factor = powerUsageEffectiveness / 3.6e6
        let idle = tally.reserved * idleWatts * factor
        // Nothing draws less than idle; what is below zero is rounding, and so is next to nothing.
        let dynamic = joules * factor - idle
        return Energy(idle: idle, dynamic: dynamic > 1e-9 * idle ? dynamic : 0)
    }
}

extension ClusterProfile.Nodes {
    /// The whole nodes that hold so many accelerators.
    func count(holding accelerators: Int) -> Int { (accelerators + acceleratorsPerNode - 1) / acceleratorsPerNode }
}
