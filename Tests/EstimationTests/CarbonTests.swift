import ClusterProfiles
import Randomness
import Testing

@testable import Estimation

@Suite("Carbon and energy") struct CarbonTests {
    static let making = Footprint.Making(
        kilogramsPerServer: 2500, kilogramsPerAccelerator: 150, lifetimeYears: 6, utilisation: 0.85)

    @Test("BLOOM's published footprint: 24.69 t dynamic, 14.63 t idle, 7.57 + 3.64 t embodied, 50.5 t")
    func bloom() {
        let hours = 1_082_990.0
        let footprint = Footprint(
            dynamicKilowattHours: hours * 0.4, idleKilowattHours: 256_646, gramsPerKilowattHour: 57,
            serverHours: hours / 8, acceleratorHours: hours, making: Self.making)
        #expect(abs(footprint.dynamic - 24.69) < 0.005)
        #expect(abs(footprint.idle - 14.63) < 0.005)
        #expect(abs(footprint.embodied - (7.57 + 3.64)) < 0.01)
        #expect(abs(footprint.total - 50.5) < 0.05)
        let servers = Footprint(
            dynamicKilowattHours: 0, idleKilowattHours: 0, gramsPerKilowattHour: 57, serverHours: hours / 8,
            acceleratorHours: 0, making: Self.making)
        #expect(abs(servers.embodied - 7.575) < 0.005)
        let accelerators = Footprint(
            dynamicKilowattHours: 0, idleKilowattHours: 0, gramsPerKilowattHour: 57, serverHours: 0,
            acceleratorHours: hours, making: Self.making)
        #expect(abs(accelerators.embodied - 3.637) < 0.005)
    }

    /// A run of one stretch of work with nothing else in it.
    private func campaign(hours: Double, accelerators: Int, on profile: ClusterProfile) throws -> Campaign {
        let use = TimeUse(computing: hours * 3600)
        let setup = CampaignSetup(
            work: CampaignWork(
                phases: [.init(steps: 1, use: use)], evaluation: .init(everySteps: 0, seconds: 0),
                checkpoint: .init(everySteps: 0, seconds: 0), isAsynchronous: false),
            hazards: CampaignHazards(), checkpointBytes: 0, optimalSeconds: nil, acceleratorCount: accelerators)
        return try Campaign(setup, on: profile, evaluation: TimeUse(), seed: 1, options: .init())
    }

    @Test("The same through a campaign whose nodes draw what BLOOM's authors counted")
    func bloomCampaign() throws {
        // 91 kW for 48 idle nodes and the machine room; rated power on top of that; no factor for the site.
        let profile = try ClusterProfile.load(
            "jean-zay-a100",
            overrides: [
                "nodes.idle_watts=1895.83", "nodes.other_watts=1895.83", "site.power_usage_effectiveness=1",
                "power=null",
            ])
        let campaign = try campaign(hours: 1_082_990.0 / 384, accelerators: 384, on: profile)
        #expect(campaign.nodes == 48)
        #expect(campaign.assumesRatedPower)
        #expect(abs(campaign.days - 117.5) < 0.05)
        #expect(abs(campaign.acceleratorHours - 1_082_990) < 1e-3)
        #expect(abs(campaign.dynamicKilowattHours - 433_196) < 1)
        #expect(abs(campaign.idleKilowattHours - 256_646) < 10)
        #expect(abs(campaign.carbon.dynamic - 24.69) < 0.005)
        #expect(abs(campaign.carbon.idle - 14.63) < 0.005)
        #expect(abs(campaign.carbon.total - 50.5) < 0.05)
    }

    @Test(
        "At rated power, energy is what the nodes draw at work, split by what they draw idle, times the site's factor")
    func ratedEnergy() throws {
        let profile = try ClusterProfile.load("jean-zay-a100", overrides: ["power=null"])
        let campaign = try campaign(hours: 1, accelerators: 12, on: profile)
        // 12 accelerators keep 2 nodes busy, and nobody knows what the 4 others draw: their rated power at most.
        #expect(campaign.nodes == 2)
        let work = (16 * 400 + 2 * profile.nodes.otherWatts.value) / 1e3 * 1.2
        #expect(abs(campaign.energyKilowattHours - work) < 1e-9)
        #expect(abs(campaign.idleKilowattHours - 2 * profile.nodes.idleWatts.value / 1e3 * 1.2) < 1e-9)
    }

    @Test("Hours, money and the making of the hardware are those of whole nodes, as batch systems charge them")
    func wholeNodes() throws {
        let profile = try ClusterProfile.load("jean-zay-a100")
        let price = try #require(profile.site.price).perAcceleratorHour.value
        let part = try campaign(hours: 10, accelerators: 12, on: profile)
        let whole = try campaign(hours: 10, accelerators: 16, on: profile)
        #expect(part.accelerators == 12 && part.heldAccelerators == 16)
        #expect(abs(part.acceleratorHours - 160) < 1e-9)
        #expect(abs((part.cost?.amount ?? 0) - 160 * price) < 1e-9)
        #expect(part.carbon.embodied == whole.carbon.embodied)
        // What is not used draws less than what computes.
        #expect(part.energyKilowattHours < whole.energyKilowattHours)
        let remark = "whole nodes are charged: 4 of their 16 accelerators are not used"
        #expect(part.lines(on: profile).contains { $0.hasSuffix("  " + remark) })
        #expect(!whole.lines(on: profile).contains { $0.contains("whole nodes are charged") })
    }

    @Test(
        "With a power section, accelerators draw shares of their rated power by what they do, and the unused ones idle")
    func energyByUse() throws {
        let profile = try ClusterProfile.load("jean-zay-a100")
        let power = try #require(profile.power)
        let use = TimeUse(computing: 60, communicating: 25, waiting: 15)
        let model = EnergyModel(profile, accelerators: 12, spareNodes: 1, step: use, evaluation: TimeUse())
        let share =
            0.60 * power.computingFraction.value + 0.25 * power.communicatingFraction.value
            + 0.15 * power.waitingFraction.value
        let others = 2 * profile.nodes.otherWatts.value + 4 * 400 * power.idleFraction.value
        #expect(abs(model.stepWatts - (12 * 400 * share + others)) < 1e-9)
        #expect(abs(model.idleWatts - 3 * profile.nodes.idleWatts.value) < 1e-9)
        let energy = model.kilowattHours(CampaignTally(steps: 3600))
        #expect(abs(energy.total - (model.stepWatts + profile.nodes.idleWatts.value) / 1e3 * 1.2) < 1e-9)
        #expect(model.startWatts < model.waitingWatts && model.waitingWatts < model.stepWatts)
    }

    @Test("Energy is never negative, grows with every kind of time, and no node draws less than when idle")
    func monotone() throws {
        var draws = RandomDraws(seed: 11, purpose: 0, stream: 0)
        for _ in 0..<200 {
            let overrides = [
                "nodes.idle_watts=\(3000 * draws.uniform())", "nodes.other_watts=\(3000 * draws.uniform())",
                "power.idle_fraction=\(draws.uniform())", "power.waiting_fraction=\(draws.uniform())",
            ]
            let profile = try ClusterProfile.load("jean-zay-a100", overrides: overrides)
            let use = TimeUse(computing: draws.uniform(), communicating: draws.uniform(), waiting: draws.uniform())
            let model = EnergyModel(profile, accelerators: 20, spareNodes: 2, step: use, evaluation: use)
            var tally = CampaignTally()
            var last = model.kilowattHours(tally)
            #expect(last.total == 0)
            for _ in 0..<20 {
                let kind = [
                    \CampaignTally.steps, \.evaluation, \.checkpoint, \.start, \.lost, \.down,
                ][Int(5.999 * draws.uniform())]
                tally[keyPath: kind] += 1e4 * draws.uniform()
                let next = model.kilowattHours(tally)
                #expect(next.total > last.total && next.idle >= last.idle && next.dynamic >= 0)
                last = next
            }
            tally.queue += 1e6
            #expect(model.kilowattHours(tally).total == last.total, "waiting in the queue holds no node")
        }
    }
}
