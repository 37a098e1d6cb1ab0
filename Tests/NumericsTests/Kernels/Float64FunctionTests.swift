import CKernels
import Foundation
import Testing

/// The project's float64 functions against Foundation's, which are within one ulp themselves.
@Suite struct Float64FunctionTests {
    /// Uniform in [low, high).
    private func uniform(_ low: Double, _ high: Double, seed: UInt64, count: Int = 100_000) -> [Double] {
        var draws = Draws(seed: seed)
        return (0..<count).map { _ in low + (high - low) * Double(draws.next() >> 11) * 0x1p-53 }
    }

    private func worstUlp(_ inputs: [Double], _ value: (Double) -> Double, _ truth: (Double) -> Double) -> Double {
        inputs.map { x in
            let t = truth(x)
            return abs(value(x) - t) / max(t.ulp, .leastNonzeroMagnitude)
        }.max() ?? 0
    }

    @Test func exponential() {
        let ranges: [(Double, Double)] = [(-1, 1), (-708, 709), (-745, -708), (-1e-9, 1e-9)]
        for range in ranges {
            #expect(worstUlp(uniform(range.0, range.1, seed: 1), serre_exp64, Foundation.exp) <= 2)
        }
        #expect(serre_exp64(0) == 1 && serre_exp64(-.infinity) == 0 && serre_exp64(.infinity) == .infinity)
        #expect(serre_exp64(-746) == 0 && serre_exp64(710) == .infinity && serre_exp64(.nan).isNaN)
    }

    @Test func logarithm() {
        let ranges: [(Double, Double)] = [(0.5, 2), (1 - 1e-7, 1 + 1e-7), (0, 1e290), (0, 1e-300), (0, 0x1p-1028)]
        for range in ranges {
            let inputs = uniform(range.0, range.1, seed: 2).filter { $0 > 0 }
            #expect(worstUlp(inputs, serre_log64, Foundation.log) <= 2)
        }
        #expect(serre_log64(1) == 0 && serre_log64(0) == -.infinity && serre_log64(.infinity) == .infinity)
        #expect(serre_log64(-1).isNaN && serre_log64(.nan).isNaN)
    }

    @Test func sineAndCosine() {
        for limit in [1.0, 7, 1e3, 1e6] {
            let inputs = uniform(-limit, limit, seed: 3)
            #expect(worstUlp(inputs, serre_sin64, Foundation.sin) <= 2)
            #expect(worstUlp(inputs, serre_cos64, Foundation.cos) <= 2)
        }
        // Multiples of π/2, where nearly everything cancels.
        let hard = (1...600_000).filter { $0 % 7 == 0 }.map { Double($0) * Double.pi / 2 }
        #expect(worstUlp(hard, serre_sin64, Foundation.sin) <= 2)
        #expect(worstUlp(hard, serre_cos64, Foundation.cos) <= 2)
        #expect(serre_sin64(-0.0).sign == .minus && serre_cos64(0) == 1)
        // Outside its domain a function says so.
        for x in [1e9, .infinity, .nan] { #expect(serre_sin64(x).isNaN && serre_cos64(x).isNaN) }
    }

    @Test func powers() {
        let cases: [(Double, Double)] = [
            (0.9, 7e3), (0.999, 7e5), (0.95, 100), (1.0001, 7e6), (1e4, 1), (2, 1000), (1e-300, 1),
        ]
        for (base, limit) in cases {
            let exponents = uniform(-limit, limit, seed: 4)
            #expect(worstUlp(exponents, { serre_pow64(base, $0) }, { Foundation.pow(base, $0) }) <= 3, "\(base)")
        }
        let bases = uniform(0, 3, seed: 5).filter { $0 > 0 }
        for exponent in [0.5, -3, 100, 300] {
            #expect(
                worstUlp(bases, { serre_pow64($0, exponent) }, { Foundation.pow($0, exponent) }) <= 3, "\(exponent)")
        }
        #expect(serre_pow64(2, 10) == 1024 && serre_pow64(7, 0) == 1 && serre_pow64(1, 1e300) == 1)
        #expect(serre_pow64(2, -8) == 1.0 / 256 && serre_pow64(10, 400) == .infinity && serre_pow64(10, -400) == 0)
        #expect(serre_pow64(-1, 2).isNaN)
    }
}
