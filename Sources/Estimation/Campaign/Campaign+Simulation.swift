import ClusterProfiles
import Diagnostics
import Randomness

extension Campaign {
    /// Simulates a setup's runs and turns their time into energy, carbon and money.
    ///
    /// Throws `campaign.runs` for fewer runs than give an interval, `campaign.no-progress`, `campaign.job-too-short` or
    /// `campaign.too-long` for a run that cannot be played to its end.
    init(
        _ setup: CampaignSetup, on profile: ClusterProfile, evaluation: TimeUse, seed: UInt64, options: Options
    ) throws(Diagnostic) {
        let expected = try setup.expectation()
        let most = Self.simulatedJobsMax / max(1, expected.jobs)
        let isRandom = setup.hazards.isRandom || setup.stepTimeFactors != nil
        guard options.runs >= Options.runsMin else {
            throw Diagnostic(
                "campaign.runs", "so few simulated runs give no interval", at: .init(key: "--runs"),
                expected: "at least \(Options.runsMin)", found: "\(options.runs)")
        }
        let runs = isRandom ? min(options.runs, max(20, Int(most))) : 1
        let tallies = (0..<runs).map { CampaignRun.tally(setup.work, setup.hazards, seed: seed, number: $0) }
        let spareNodes = options.spareNodes ?? 0
        let bill = Bill(
            profile, accelerators: setup.acceleratorCount, spareNodes: spareNodes,
            energy: EnergyModel(
                profile, accelerators: setup.acceleratorCount, spareNodes: spareNodes, step: setup.work.use,
                evaluation: evaluation))
        self.init(setup, mean: .mean(tallies), bill: bill, knowsFailures: profile.reliability != nil)
        guard isRandom else { return }
        interval = Self.interval(
            Self.stretched(tallies, setup.stepTimeFactors, seed: seed), around: .mean(tallies), bill: bill)
    }

    /// The runs, each with a step time of its own where that is uncertain.
    private static func stretched(
        _ tallies: [CampaignTally], _ factors: ClosedRange<Double>?, seed: UInt64
    ) -> [CampaignTally] {
        guard let factors else { return tallies }
        // "STEP" in ASCII.
        var draws = RandomDraws(seed: seed, purpose: 0x5354_4550, stream: 0)
        return tallies.map { tally in
            let spread = draws.spread()
            let factor = 1 + spread * (spread > 0 ? factors.upperBound - 1 : 1 - factors.lowerBound)
            return tally.stretched(by: max(factor, 0.1 * factors.lowerBound))
        }
    }

    private init(_ setup: CampaignSetup, mean: CampaignTally, bill: Bill, knowsFailures: Bool) {
        let profile = bill.profile
        steps = setup.work.steps
        accelerators = bill.accelerators
        heldAccelerators = bill.heldAccelerators
        nodes = bill.nodes
        spareNodes = bill.spareNodes
        time = Time(
            steps: mean.steps, evaluation: mean.evaluation, checkpoint: mean.checkpoint, start: mean.start,
            lost: mean.lost, down: mean.down, queue: mean.queue + mean.repair, jobs: mean.jobs)
        let energy = bill.energy.kilowattHours(mean)
        dynamicKilowattHours = energy.dynamic
        idleKilowattHours = energy.idle
        carbon = bill.carbon(mean)
        cost = bill.cost(mean).map { Cost(amount: $0.amount, currency: $0.currency) }
        spareAcceleratorHours = bill.spareAcceleratorHours(mean)
        expectedFailures = knowsFailures ? mean.failures : nil
        goodput = knowsFailures ? mean.goodput : nil
        let every = setup.checkpointEverySteps
        let step = setup.work.phases[setup.work.phases.count - 1].use.seconds
        checkpoint = Checkpoint(
            bytes: setup.checkpointBytes, writeSeconds: setup.work.checkpoint.seconds, everySteps: every,
            intervalSeconds: every > 0 ? Double(every) * step : nil, optimalSeconds: setup.optimalSeconds)
        factors = profile.campaignFactors
        assumesRatedPower = profile.power == nil
    }

    /// The mean is what is shown beside it: few of a skewed distribution's runs may lie beyond that.
    private static func interval(
        _ tallies: [CampaignTally], around mean: CampaignTally, bill: Bill
    ) -> CampaignInterval {
        func range(_ value: (CampaignTally) -> Double) -> ClosedRange<Double> {
            let (range, shown) = (CampaignInterval.range(of: tallies.map(value)), value(mean))
            return min(range.lowerBound, shown)...max(range.upperBound, shown)
        }
        return CampaignInterval(
            days: range { $0.elapsed / 86400 },
            acceleratorHours: range(bill.acceleratorHours),
            energyKilowattHours: range { bill.energy.kilowattHours($0).total },
            carbonTonnes: range { bill.carbon($0).total },
            cost: bill.profile.site.price.map { _ in range { bill.cost($0)?.amount ?? 0 } },
            goodput: range(\.goodput))
    }
}

/// What a run's time costs in energy, carbon and money: that of whole nodes, as long as they are held.
struct Bill {
    var profile: ClusterProfile
    var accelerators: Int
    var nodes: Int
    var spareNodes: Int
    var energy: EnergyModel

    init(_ profile: ClusterProfile, accelerators: Int, spareNodes: Int, energy: EnergyModel) {
        self.profile = profile
        self.accelerators = accelerators
        nodes = profile.nodes.count(holding: accelerators)
        self.spareNodes = spareNodes
        self.energy = energy
    }

    func carbon(_ tally: CampaignTally) -> Footprint {
        let energy = energy.kilowattHours(tally)
        let hours = tally.reserved / 3600
        let site = profile.site
        return Footprint(
            dynamicKilowattHours: energy.dynamic, idleKilowattHours: energy.idle,
            gramsPerKilowattHour: site.carbonIntensityGramsPerKilowattHour.value,
            serverHours: Double(nodes + spareNodes) * hours,
            acceleratorHours: Double(heldAccelerators) * hours + spareAcceleratorHours(tally),
            making: Footprint.Making(
                kilogramsPerServer: site.embodiedKilogramsPerServer.value,
                kilogramsPerAccelerator: site.embodiedKilogramsPerAccelerator.value,
                lifetimeYears: site.lifetimeYears.value, utilisation: site.utilisation.value))
    }

    func cost(_ tally: CampaignTally) -> (amount: Double, currency: String)? {
        profile.site.price.map { price in
            let hours = acceleratorHours(tally) + spareAcceleratorHours(tally)
            return (price.perAcceleratorHour.value * hours, price.currency)
        }
    }

    /// All accelerators of the layout's nodes.
    var heldAccelerators: Int { nodes * profile.nodes.acceleratorsPerNode }

    func acceleratorHours(_ tally: CampaignTally) -> Double { Double(heldAccelerators) * tally.reserved / 3600 }

    func spareAcceleratorHours(_ tally: CampaignTally) -> Double {
        Double(spareNodes * profile.nodes.acceleratorsPerNode) * tally.reserved / 3600
    }
}
