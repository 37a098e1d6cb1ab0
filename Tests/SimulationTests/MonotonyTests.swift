import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("Slower machines and larger work take longer") struct MonotonyTests {
    static let layout = Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 1)

    /// The seconds of the same step on clusters that differ in one figure, which must not fall.
    private func ascends(_ seconds: [Double]) -> Bool { zip(seconds, seconds.dropFirst()).allSatisfy { $0 <= $1 } }

    @Test("A slower link inside the node") func inside() throws {
        let seconds = try [1000.0, 100, 20, 5, 1, 0.1].map {
            try Small.seconds(Small.recipe(Self.layout), on: RoundCluster.profile(insideGigabytes: $0))
        }
        #expect(ascends(seconds) && seconds[5] > seconds[0])
    }

    @Test("A slower network") func network() throws {
        let seconds = try [100.0, 10, 1, 0.1, 0.01].map {
            try Small.seconds(Small.recipe(Self.layout), on: RoundCluster.profile(perNode: 2, networkGigabytes: $0))
        }
        #expect(ascends(seconds) && seconds[4] > seconds[0])
    }

    @Test("Longer latencies") func latency() throws {
        let seconds = try [0.0, 1, 10, 100].map {
            try Small.seconds(
                Small.recipe(Self.layout),
                on: RoundCluster.profile(perNode: 2, insideMicroseconds: $0, networkMicroseconds: 2 * $0))
        }
        #expect(ascends(seconds) && seconds[3] > seconds[0])
    }

    @Test("A slower accelerator, a costlier launch") func accelerator() throws {
        let slower = try [1000.0, 10, 1, 0.1].map {
            try Small.seconds(Small.recipe(Self.layout), on: RoundCluster.profile(teraflops: $0))
        }
        #expect(ascends(slower) && slower[3] > slower[0])
        let costlier = try [0.0, 1, 10].map {
            try Small.seconds(Small.recipe(Self.layout), on: RoundCluster.profile(launchMicroseconds: $0))
        }
        #expect(ascends(costlier) && costlier[2] > costlier[0])
    }

    @Test("More layers, wider ones, longer sequences, larger batches") func work() throws {
        let profile = try RoundCluster.profile()
        let recipes = [
            [2, 4, 8].map { Small.recipe(Self.layout, layers: $0) },
            [32, 64, 128].map { Small.recipe(Self.layout, hidden: $0) },
            [16, 32, 64].map { Small.recipe(Self.layout, sequence: $0) },
            [8, 16, 32].map { Small.recipe(Self.layout, global: $0) },
        ]
        for group in recipes {
            let seconds = try group.map { try Small.seconds($0, on: profile) }
            #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $0 < $1 })
        }
    }
}
