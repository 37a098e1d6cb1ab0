import ClusterProfiles
import Foundation
import Programs
import Testing

@testable import Estimation

@Suite("Rates of kernels") struct KernelRatesTests {
    private func samples(
        _ kind: ClusterProfile.Rates.Kind, _ work: [(operations: Double, bytes: Double)],
        _ seconds: (Double, Double) -> Double
    ) -> [KernelRates.Sample] {
        work.map { operations, bytes in
            KernelRates.Sample(
                kind: kind, work: Work(matrixOperations: operations, memoryBytes: bytes),
                seconds: seconds(operations, bytes), share: 0.1)
        }
    }

    @Test("Start and both speeds are found again")
    func recovery() throws {
        let work = [(1e6, 1e4), (1e7, 1e6), (1e8, 1e5), (1e9, 1e8), (1e5, 1e7), (1e4, 1e3)].map {
            (operations: $0.0, bytes: $0.1)
        }
        let made = samples(.product, work) { 2e-6 + $0 / 100e9 + $1 / 20e9 }
        let rates = try KernelRates(made) { shapes, _ in "\(shapes) shapes" }
        let rate = try #require(rates.rates[.product])
        #expect(abs((rate.microseconds?.value ?? 0) / 2 - 1) < 0.01)
        #expect(abs((rate.gigaflopsPerSecond?.value ?? 0) / 100 - 1) < 0.01)
        #expect(abs((rate.gigabytesPerSecond?.value ?? 0) / 20 - 1) < 0.01)
        #expect(rate.microseconds?.source == "6 shapes")
        #expect(rates.fits.count == 1 && rates.fits[0].error < 0.01)
    }

    @Test("A speed that is fitted above the profile's peak is told")
    func abovePeak() throws {
        let work = [(1e6, 1e4), (1e7, 1e6), (1e8, 1e5), (1e9, 1e8), (1e5, 1e7), (1e4, 1e3)].map {
            (operations: $0.0, bytes: $0.1)
        }
        let rates = try KernelRates(samples(.product, work) { 2e-6 + $0 / 100e9 + $1 / 20e9 }) { _, _ in "made" }
        func excesses(peak: Double) throws -> [PeakExcess] {
            rates.peakExcesses(
                on: try ClusterProfile.load(
                    "laptop", overrides: ["accelerator.peak_teraflops_per_second.float32=\(peak)"]))
        }
        #expect(try excesses(peak: 0.2) == [])
        let excess = try #require(try excesses(peak: 0.09).first)
        #expect(excess.key == "accelerator.rates.product.gigaflops_per_second")
        #expect(excess.text.contains("above the profile's peak of 90.00 GFLOP/s"), "\(excess.text)")
    }

    @Test("What the samples cannot tell is left out")
    func leftOut() throws {
        let work = [1e6, 1e7, 1e8].map { (operations: 0.0, bytes: $0) }
        let rates = try KernelRates(samples(.gelu, work) { $1 / 10e9 }) { _, _ in "made" }
        let rate = try #require(rates.rates[.gelu])
        #expect(rate.gigaflopsPerSecond == nil && rate.microseconds == nil)
        #expect(abs((rate.gigabytesPerSecond?.value ?? 0) / 10 - 1) < 0.01)
        #expect(rates.rates[.product] == nil)
    }

    @Test("The least squares of an exponential are those of its formula")
    func leastSquares() throws {
        let problem = LeastSquares(bounds: [1e-3...1e3, 1e-3...1e3], rows: 8) { row, values in
            log(values[0] * exp(-values[1] * Double(row)) / (3 * exp(-0.7 * Double(row))))
        }
        let solution = try problem.solve(
            from: [1, 0.1], depends: Array(repeating: [true, true], count: 8))
        #expect(abs(solution.values[0] / 3 - 1) < 1e-6 && abs(solution.values[1] / 0.7 - 1) < 1e-6)
        #expect(solution.relativeErrors.allSatisfy { $0 < 0.05 })
    }
}
