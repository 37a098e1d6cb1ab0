import CKernels
import Foundation
import Testing

/// Philox and the deviates drawn from it.
@Suite struct RandomTests {
    /// The known answers that the authors of Philox publish with Random123.
    @Test func knownAnswers() {
        let ones = UInt32.max
        let cases: [(key: [UInt32], counter: [UInt32], answer: [UInt32])] = [
            ([0, 0], [0, 0, 0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([ones, ones], [ones, ones, ones, ones], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0xa409_3822, 0x299f_31d0], [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ]
        for (key, counter, answer) in cases { #expect(words(key, counter) == answer) }
    }

    private func words(_ key: [UInt32], _ counter: [UInt32]) -> [UInt32] {
        var out = [UInt32](repeating: 0, count: 4)
        serre_philox(key, counter, &out)
        return out
    }

    private let key: [UInt32] = [17, 4_000_000_000]

    private func normal(
        _ count: Int, first: UInt64 = 0, stream: UInt64 = 5, mean: Double = 0, std: Double = 1,
        kernel: Kernel = Kernel(isa: serre_isa_best(), workers: 2)
    ) -> [Float] {
        var out = [Float](repeating: .nan, count: count)
        kernel.withContext { serre_normal($0, key, stream, first, Int64(count), mean, std, &out) }
        return out
    }

    /// Counter words are element low, element high, stream low, stream high.
    private func words(element: UInt64, stream: UInt64) -> [UInt32] {
        words(key, [element, element >> 32, stream, stream >> 32].map { UInt32(truncatingIfNeeded: $0) })
    }

    @Test func normalIsBoxAndMullerOfItsOwnCounter() {
        let (first, stream) = (UInt64.max / 3, UInt64(9) << 40 + 3)
        let expected = (0..<3000).map { i -> Float in
            let words = words(element: first + UInt64(i), stream: stream)
            let u1 = (Double(words[0]) + 1) * 0x1p-32
            let u2 = Double(words[1]) * 0x1p-32
            let z = (-2 * serre_log64(u1)).squareRoot() * serre_cos64(2 * Double.pi * u2)
            return Float(0.5 + 0.02 * z)
        }
        for kernel in Kernel.all {
            let found = normal(3000, first: first, stream: stream, mean: 0.5, std: 0.02, kernel: kernel)
            #expect(firstDifference(found, expected) == nil, "\(kernel)")
        }
    }

    @Test func uniformIsItsFirstWord() {
        let expected = (0..<3000).map { i in
            Float(-2 + (3.0 - -2.0) * Double(words(element: UInt64(40 + i), stream: 8)[0]) * 0x1p-32)
        }
        expectEverywhere(expected) { context in
            var out = [Float](repeating: .nan, count: 3000)
            serre_uniform(context, key, 8, 40, 3000, -2, 3, &out)
            return out
        }
    }

    @Test func slicesEqualTheWhole() {
        let whole = normal(5000, first: UInt64(UInt32.max) - 2500)
        let slices = [0..<1, 1..<777, 777..<2501, 2501..<5000].flatMap {
            normal($0.count, first: UInt64(UInt32.max) - 2500 + UInt64($0.lowerBound))
        }
        #expect(whole == slices)
    }

    @Test func streamsDiffer() {
        #expect(zip(normal(1000, stream: 1), normal(1000, stream: 2)).filter { $0 == $1 }.count < 3)
    }

    @Test func momentsAreThoseOfANormal() {
        let count = 1_000_000
        let z = normal(count).map(Double.init)
        let n = Double(count)
        let mean = z.reduce(0, +) / n
        let variance = z.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        let kurtosis =
            z.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) * ($1 - mean) } / (n * variance * variance)
        let neighbours = zip(z, z.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / n
        // Five standard errors: 1, √2, √24 and 1, over √n.
        #expect(abs(mean) < 5e-3 && abs(variance - 1) < 7.1e-3 && abs(kurtosis - 3) < 2.5e-2 && abs(neighbours) < 5e-3)
        let largest = z.map(abs).max() ?? 0
        #expect(largest > 4.2 && largest < 6.7)
    }
}
