import ClusterProfiles
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

    @Test("The same through a campaign whose nodes draw what BLOOM's authors counted")
    func campaign() throws {
        // 91 kW for 48 idle nodes and the machine room; rated power on top of that; no factor for the site.
        let profile = try ClusterProfile.load(
            "jean-zay-a100",
            overrides: [
                "nodes.idle_watts=1895.83", "nodes.other_watts=1895.83", "site.power_usage_effectiveness=1",
            ])
        let campaign = Campaign(steps: 1, seconds: 1_082_990.0 / 384 * 3600, accelerators: 384, on: profile)
        #expect(campaign.nodes == 48)
        #expect(abs(campaign.days - 117.5) < 0.05)
        #expect(abs(campaign.acceleratorHours - 1_082_990) < 1e-3)
        #expect(abs(campaign.dynamicKilowattHours - 433_196) < 1)
        #expect(abs(campaign.idleKilowattHours - 256_646) < 10)
        #expect(abs(campaign.carbon.dynamic - 24.69) < 0.005)
        #expect(abs(campaign.carbon.idle - 14.63) < 0.005)
        #expect(abs(campaign.carbon.total - 50.5) < 0.05)
    }

    @Test("Energy is what the nodes draw at work, split by what they draw idle, times the site's factor")
    func energy() throws {
        let profile = try ClusterProfile.load("jean-zay-a100")
        let campaign = Campaign(steps: 1, seconds: 3600, accelerators: 12, on: profile)
        // 12 accelerators keep 2 nodes busy.
        #expect(campaign.nodes == 2)
        let work = (12 * 400 + 2 * profile.nodes.otherWatts.value) / 1e3 * 1.2
        #expect(abs(campaign.energyKilowattHours - work) < 1e-9)
        #expect(abs(campaign.idleKilowattHours - 2 * profile.nodes.idleWatts.value / 1e3 * 1.2) < 1e-9)
    }

    @Test("Without a price or a failure rate the cost and the failures are unknown, not zero")
    func unknown() throws {
        let campaign = Campaign(steps: 1, seconds: 3600, accelerators: 1, on: try ClusterProfile.load("laptop"))
        #expect(campaign.cost == nil)
        #expect(campaign.expectedFailures == nil)
        #expect(campaign.goodput == nil)
    }
}
