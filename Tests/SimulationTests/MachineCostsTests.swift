import ClusterProfiles
import Diagnostics
import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("What instructions and messages take") struct MachineCostsTests {
    static func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 * max(abs(a), abs(b)) }

    @Test("A large product is bound by operations: 2·1000³ at 1 TFLOP/s achieved take 2 ms")
    func operationsBound() throws {
        let costs = try RoundCluster.costs(RoundCluster.profile())
        #expect(Self.near(costs.seconds(HandMade.product(1000), elementBytes: 4), 2e-3))
    }

    @Test("A thin product is bound by memory: 1,002,000 float32 at 100 GB/s achieved")
    func memoryBound() throws {
        let costs = try RoundCluster.costs(RoundCluster.profile())
        #expect(Self.near(costs.seconds(HandMade.product(1), elementBytes: 4), 4 * 1_002_000 / 1e11))
    }

    @Test("bfloat16 halves the bytes and has its own peak")
    func halfPrecision() throws {
        let costs = try RoundCluster.costs(RoundCluster.profile(), .bfloat16)
        #expect(Self.near(costs.seconds(HandMade.product(1), elementBytes: 2), 2 * 1_002_000 / 1e11))
        #expect(Self.near(costs.seconds(HandMade.product(1000), elementBytes: 2), 2e9 / 4e12))
    }

    @Test("Every instruction pays one launch")
    func launch() throws {
        let costs = try RoundCluster.costs(RoundCluster.profile(launchMicroseconds: 5))
        #expect(Self.near(costs.seconds(HandMade.product(1000), elementBytes: 4), 2e-3 + 5e-6))
        #expect(Self.near(costs.seconds(Instruction(.loadTokens(rows: 8)), elementBytes: 4), 5e-6))
    }

    static func collective(
        _ kind: CollectiveOperation.Kind, count: Int, members: Int
    ) -> CollectiveOperation {
        CollectiveOperation(
            kind, .data, count: count, cuts: (0...members).map { count * $0 / members })
    }

    @Test(
        "Inside a node a collective moves a ring's volume, one latency per round", arguments: [2, 4, 8],
        [CollectiveOperation.Kind.allReduceSum, .reduceScatter, .allGather])
    func ringVolume(members: Int, kind: CollectiveOperation.Kind) throws {
        let costs = try RoundCluster.costs(RoundCluster.profile(insideMicroseconds: 3))
        let seconds = costs.seconds(
            Self.collective(kind, count: 8_000_000, members: members), elementBytes: 4,
            RankView(members: members, onNode: members, sharers: 0))
        let rounds: Double = kind == .allReduceSum ? 2 : 1
        let n = Double(members)
        #expect(Self.near(seconds, rounds * ((n - 1) / n * 32e6 / 10e9 + 3e-6)))
    }

    @Test("Across nodes the network's share of each accelerator decides")
    func acrossNodes() throws {
        // 4 members on 2 nodes; 4 accelerators of each node share 2 links × 4 GB/s × 0.5 = 4 GB/s: 1 GB/s each.
        let costs = try RoundCluster.costs(RoundCluster.profile(networkMicroseconds: 10))
        let seconds = costs.seconds(
            Self.collective(.allGather, count: 4_000_000, members: 4), elementBytes: 4,
            RankView(members: 4, onNode: 2, sharers: 4, ringShare: 0.5))
        // Two of the three pieces of 4 MB go over the network, while the third goes over the bus.
        #expect(Self.near(seconds, 8e6 / 1e9 + 10e-6))
    }

    @Test("Messages take as many bytes as their elements are stored in")
    func wireBytes() throws {
        let costs = try RoundCluster.costs(RoundCluster.profile(), .bfloat16)
        let view = RankView(members: 2, onNode: 2, sharers: 0)
        for bytes in [2.0, 4.0] {
            let seconds = costs.seconds(
                Self.collective(.reduceScatter, count: 1000, members: 2), elementBytes: bytes, view)
            #expect(Self.near(seconds, 500 * bytes / 10e9))
        }
        #expect(Self.near(costs.transfer(bytes: 2000, view).link, 2000 / 10e9))
    }

    @Test("A precision without a peak is refused by name")
    func noPeak() throws {
        let profile = try RoundCluster.profile()
        let error = #expect(throws: Diagnostic.self) { try profile.peakOperationsPerSecond(.float16) }
        #expect(error?.code == "profile.no-peak")
        #expect(error?.expected == "float32 or bfloat16")
    }

    @Test(
        "A layout that exceeds the cluster is refused, naming nodes, accelerators per node and what would fit",
        arguments: [(Layout(tensor: 2, pipeline: 2, data: 8), "--data 4"), (Layout(tensor: 4, pipeline: 8), "product")])
    func exceeds(layout: Layout, remedy: String) throws {
        let profile = try RoundCluster.profile()
        let error = #expect(throws: Diagnostic.self) { try profile.requireRoom(for: layout) }
        #expect(error?.code == "layout.exceeds-profile")
        #expect(error?.message.contains("4 nodes of 4") == true)
        #expect(error?.found == "32")
        #expect(error?.remedy?.contains(remedy) == true)
        #expect(error?.exitStatus == 2)
        #expect(throws: Diagnostic.self) { try VirtualClock(profile, layout: layout, precision: .float32) }
    }

    @Test("A layout that fills the cluster has room") func fills() throws {
        try RoundCluster.profile().requireRoom(for: Layout(tensor: 2, pipeline: 2, data: 4))
    }
}

@Suite("Measured rates of kernels") struct MachineRatesTests {
    @Test("Where a kind of kernel was measured, its rate is its time; others go by roofline")
    func rates() throws {
        var profile = try RoundCluster.profile(launchMicroseconds: 5)
        let roofline = try RoundCluster.costs(profile)
        var rates = ClusterProfile.Rates()
        rates[.gelu] = .init(
            microseconds: Figure(3, source: "test"), gigabytesPerSecond: Figure(2, source: "test"))
        profile.accelerator.rates = rates
        let costs = try RoundCluster.costs(profile)
        let gelu = Work(memoryBytes: 8000)
        #expect(MachineCostsTests.near(costs.seconds(.gelu(count: 1000), gelu), 3e-6 + 8000 / 2e9))
        #expect(costs.seconds(.add(count: 1000), gelu) == roofline.seconds(.add(count: 1000), gelu))
        // They were measured in float32.
        let half = try RoundCluster.costs(profile, .bfloat16)
        #expect(half.seconds(.gelu(count: 1000), gelu) == roofline.seconds(.gelu(count: 1000), gelu))
    }

    @Test("A kernel's time alone is what the clock charges for it")
    func machineTimes() throws {
        let profile = try RoundCluster.profile(launchMicroseconds: 5, insideMicroseconds: 3)
        let times = try MachineTimes(profile)
        #expect(MachineCostsTests.near(times.product(m: 1000, n: 1000, k: 1000), 2e-3 + 5e-6))
        #expect(MachineCostsTests.near(times.message(bytes: 10_000_000), 1e-3 + 3e-6))
        #expect(MachineCostsTests.near(times.exchange(bytes: 8_000_000, members: 4), 2 * (0.75 * 0.8e-3 + 3e-6)))
        #expect(
            MachineCostsTests.near(times.allReduce(bytes: 8_000_000, ranks: 4, nodes: 1), 2 * (0.75 * 0.8e-3 + 3e-6)))
    }
}
