import Foundation
import Testing

@testable import Randomness

@Suite("Random draws") struct RandomDrawsTests {
    @Test("The same seed, purpose and stream give the same draws; any other gives others")
    func streams() {
        func draws(_ seed: UInt64, _ purpose: UInt32, _ stream: UInt64) -> [Double] {
            var draws = RandomDraws(seed: seed, purpose: purpose, stream: stream)
            return (0..<4).map { _ in draws.uniform() }
        }
        let first = draws(1, 2, 3)
        #expect(first == draws(1, 2, 3))
        #expect(Set(first).count == 4)
        for other in [
            draws(2, 2, 3), draws(1, 3, 3), draws(1, 2, 4), draws(1 << 32 + 1, 2, 3), draws(1, 2, 1 << 32 + 3),
        ] {
            #expect(Set(first).isDisjoint(with: other))
        }
    }

    @Test("Uniform draws lie in (0, 1] with mean 1/2 and variance 1/12")
    func uniform() {
        var draws = RandomDraws(seed: 7, purpose: 0, stream: 0)
        let values = (0..<100_000).map { _ in draws.uniform() }
        #expect(values.allSatisfy { $0 > 0 && $0 <= 1 })
        let mean = values.reduce(0, +) / 1e5
        #expect(abs(mean - 0.5) < 0.004)
        #expect(abs(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1e5 - 1.0 / 12) < 0.002)
    }

    @Test("Exponential draws have the mean asked for, and exceed it with probability 1/e")
    func exponential() {
        var draws = RandomDraws(seed: 8, purpose: 0, stream: 0)
        let values = (0..<100_000).map { _ in draws.exponential(mean: 3) }
        #expect(abs(values.reduce(0, +) / 1e5 - 3) < 0.05)
        #expect(abs(Double(values.count { $0 > 3 }) / 1e5 - exp(-1)) < 0.006)
    }

    @Test("Four of five spread draws lie within 1 of 0, half of them above")
    func spread() {
        var draws = RandomDraws(seed: 9, purpose: 0, stream: 0)
        let values = (0..<100_000).map { _ in draws.spread() }
        #expect(abs(Double(values.count { abs($0) < 1 }) / 1e5 - 0.8) < 0.005)
        #expect(abs(Double(values.count { $0 > 0 }) / 1e5 - 0.5) < 0.006)
        #expect(values.allSatisfy { $0.isFinite })
    }

    @Test(
        "The logarithm agrees with the system's to the last bits",
        arguments: [0x1p-53, 1e-9, 0.1, 0.5, 0.7071, 0.9, 1, 1.5, 2, 1e300])
    func logarithm(x: Double) {
        #expect(abs(RandomDraws.logarithm(x) - log(x)) <= 4 * log(x).ulp)
    }
}
