import ClusterProfiles
import Diagnostics
import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("What other engines' kernels and collectives take") struct EngineCostsTests {
    static func costs(_ style: EngineStyle = .deepspeed, _ precision: Recipe.Precision = .float16) throws
        -> MachineCosts
    {
        try MachineCosts(ClusterProfile.load("jean-zay-a100"), precision: precision, style: style)
    }

    static func seconds(_ m: Int, _ n: Int, _ k: Int, batch: Int = 1) throws -> Double {
        try costs().seconds(ModelledKernel("p", .product(batch: batch, m: m, n: n, k: k, ofFloat8: false)))
    }

    @Test("A large aligned product comes near its share of the peak")
    func large() throws {
        let costs = try Self.costs()
        let ideal = 2 * 8192.0 * 8192 * 8192 / costs.operationsPerSecond
        let seconds = try Self.seconds(8192, 8192, 8192)
        #expect(seconds > ideal && seconds < 1.2 * ideal)
    }

    @Test("One more column than fills the last wave costs a whole wave")
    func waves() throws {
        // 108 multiprocessors: 12 × 9 tiles of 256 × 128 are one wave, and one more row of tiles begins a second.
        let one = try Self.seconds(12 * 256, 9 * 128, 4096)
        let two = try Self.seconds(12 * 256, 9 * 128 + 8, 4096)
        #expect(two > 1.5 * one)
    }

    @Test("Heads of 108 or 150 cost more than their number of operations: they are not multiples of 8")
    func alignment() throws {
        func perOperation(_ head: Int) throws -> Double { try Self.seconds(2048, 2048, head, batch: 64) / Double(head) }
        #expect(try perOperation(108) > 2 * perOperation(112))
        #expect(try perOperation(150) > perOperation(108))
    }

    @Test("No kernel is shorter than a launch")
    func floor() throws {
        let costs = try Self.costs()
        #expect(costs.seconds(ModelledKernel("tiny", .stream(bytes: 2))) >= costs.launchSeconds)
        #expect(costs.seconds(ModelledKernel("nothing", .stream(bytes: 0))) == 0)
    }

    @Test("Small messages take a protocol of low latency and large ones that of most bandwidth; more never takes less")
    func protocols() throws {
        let costs = try Self.costs()
        let view = RankView(members: 8, onNode: 8, sharers: 0)
        func allReduce(_ count: Int) -> Double {
            costs.seconds(MachineCostsTests.collective(.allReduceSum, count: count, members: 8), elementBytes: 2, view)
        }
        // 6.6 µs and 14 steps of 2 µs; 8.4 µs, 14 steps of 9 µs and the bytes.
        #expect(abs(allReduce(8) - 34.6e-6) < 1e-7)
        let large = 1 << 30
        let bandwidth = 300e9 * 0.78
        #expect(abs(allReduce(large) / (134.4e-6 + 1.75 * 2 * Double(large) / bandwidth) - 1) < 1e-6)
        let times = (0..<30).map { allReduce(8 << $0) }
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("Over many nodes a small all-reduce climbs a tree: its time grows like the logarithm")
    func trees() throws {
        let costs = try Self.costs()
        func seconds(_ nodes: Int) -> Double {
            costs.seconds(
                MachineCostsTests.collective(.allReduceSum, count: 8 * nodes, members: 8 * nodes), elementBytes: 2,
                RankView(members: 8 * nodes, onNode: 8, sharers: 8))
        }
        #expect(seconds(64) < 2 * seconds(8))
    }

    @Test("A gather or a scatter has only the ring: its steps grow with the members", arguments: [false, true])
    func rings(isGather: Bool) throws {
        let costs = try Self.costs()
        func seconds(_ nodes: Int) -> Double {
            costs.seconds(
                MachineCostsTests.collective(
                    isGather ? .allGather : .reduceScatter, count: 8 * nodes, members: 8 * nodes), elementBytes: 2,
                RankView(members: 8 * nodes, onNode: 8, sharers: 8))
        }
        #expect(seconds(64) > 6 * seconds(8))
    }

    @Test("A profile without figures for an engine says which are missing")
    func missing() throws {
        let error = #expect(throws: Diagnostic.self) {
            try MachineCosts(ClusterProfile.load("laptop"), precision: .float32, style: .fsdp)
        }
        #expect(error?.code == "profile.no-engine")
        #expect(error?.location?.key == "engines.fsdp")
        #expect(error?.expected?.contains("elementwise_overhead") == true)
    }

    @Test("Folding gives the unfolded times for every style", arguments: EngineStyle.allCases.filter { $0 != .serre })
    func folds(style: EngineStyle) throws {
        let profile = try ClusterProfile.load("jean-zay-a100")
        for layout in EngineLayouts.all(style) {
            let recipe = EngineLayouts.recipe(layout)
            let clock = try VirtualClock(profile, layout: layout, precision: recipe.precision)
            let classes = try RankClasses(recipe, on: profile)
            let folded = try clock.step(classes.programs(of: recipe), classes)
            let unfolded = try clock.step(ofAll: Lowering.programs(recipe))
            #expect(VirtualClockTests.near(folded.seconds, unfolded.seconds, 1e-12), "\(layout)")
        }
    }
}

/// Layouts of another engine on two nodes of eight.
enum EngineLayouts {
    static func all(_ style: EngineStyle) -> [Layout] {
        [(1, 1), (2, 1), (4, 2), (1, 3), (2, 4)].flatMap { tensor, pipeline in
            [(1, 0), (2, 1), (3, 3)].map { data, zero in
                Layout(
                    tensor: tensor, pipeline: pipeline, data: data, microBatch: 1, zero: zero, recompute: .full,
                    style: style)
            }
        }
    }

    static func recipe(_ layout: Layout) -> Recipe {
        var recipe = Small.recipe(layout, global: 12)
        recipe.precision = .bfloat16
        return recipe
    }
}
