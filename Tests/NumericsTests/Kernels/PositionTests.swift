import CKernels
import Foundation
import Testing

/// Rotary and learned positions against their definitions, bit for bit.
@Suite struct PositionTests {
    private func table(_ sequence: Int, _ size: Int, base: Double = 10_000) -> [Float] {
        var table = [Float](repeating: 7, count: sequence * size)
        serre_rotary_table(Int64(sequence), Int64(size), base, nil, &table)
        return table
    }

    @Test(arguments: [(1, 2, 10_000.0), (40, 16, 10_000), (70, 6, 500_000), (2048, 128, 10_000)])
    func tableHoldsCosinesAndSines(sequence: Int, size: Int, base: Double) {
        let table = table(sequence, size, base: base)
        for t in 0..<sequence {
            for f in 0..<size / 2 {
                let angle = Double(t) * pow(base, -2 * Double(f) / Double(size))
                // One rounding to float32 of what is right to about 1e-13.
                #expect(abs(Double(table[t * size + f]) - cos(angle)) < 6.1e-8)
                #expect(abs(Double(table[t * size + size / 2 + f]) - sin(angle)) < 6.1e-8)
            }
        }
    }

    @Test(
        "Llama 3.1's stretching leaves fast frequencies, slows the slow ones down, and goes over from one to the other")
    func stretchedFrequencies() {
        // The published figures; wavelengths below 2,048 positions are fast, above 8,192 slow.
        var scaling = serre_rotary_scaling(
            factor: 8, low_frequency_factor: 1, high_frequency_factor: 4, original_length: 8192)
        let (sequence, size) = (300, 128)
        var table = [Float](repeating: 7, count: sequence * size)
        serre_rotary_table(Int64(sequence), Int64(size), 500_000, &scaling, &table)
        var kinds: Set<String> = []
        for f in 0..<size / 2 {
            let frequency = pow(500_000, -2 * Double(f) / Double(size))
            let wavelength = 2 * Double.pi / frequency
            var stretched = frequency
            if wavelength > 8192 {
                kinds.insert("slow")
                stretched = frequency / 8
            } else if wavelength >= 2048 {
                kinds.insert("between")
                let share = (8192 / wavelength - 1) / 3
                stretched = (1 - share) * frequency / 8 + share * frequency
            } else {
                kinds.insert("fast")
            }
            for t in 0..<sequence {
                #expect(abs(Double(table[t * size + f]) - cos(Double(t) * stretched)) < 6.1e-8)
                #expect(abs(Double(table[t * size + size / 2 + f]) - sin(Double(t) * stretched)) < 6.1e-8)
            }
        }
        #expect(kinds == ["slow", "between", "fast"])
    }

    /// (samples, sequence, heads, groups, size, padding of the rows)
    static let shapes = [
        (1, 1, 1, 1, 2, 0), (2, 7, 2, 2, 6, 3), (1, 33, 6, 2, 16, 0), (3, 5, 4, 1, 34, 1), (1, 40, 8, 4, 64, 0),
    ]

    @Test(arguments: shapes, [false, true])
    func rotationTurnsQueriesAndKeys(shape: (Int, Int, Int, Int, Int, Int), backwards: Bool) {
        let (samples, sequence, heads, groups, size, padding) = shape
        let (queries, half) = (heads / groups, size / 2)
        let ld = (heads + 2 * groups) * size + padding
        let table = table(sequence, size)
        let qkv = numbers(samples * sequence * ld, seed: 1, scale: 3, special: true)
        var expected = qkv
        for row in 0..<samples * sequence {
            for head in 0..<heads + 2 * groups where head % (queries + 2) <= queries {
                for f in 0..<half {
                    let first = row * ld + head * size + f
                    let (a, b) = (qkv[first], qkv[first + half])
                    let c = table[row % sequence * size + f]
                    let s = table[row % sequence * size + half + f]
                    expected[first] = backwards ? a * c + b * s : a * c - b * s
                    expected[first + half] = backwards ? b * c - a * s : b * c + a * s
                }
            }
        }
        expectEverywhere(expected) { context in
            var turned = qkv
            serre_rotate(
                context, Int64(samples), Int64(sequence), Int64(heads), Int64(groups), Int64(size), table, backwards,
                &turned, Int64(ld))
            return turned
        }
    }

    /// The scores of a query and a key depend on their distance alone, and the way back undoes the turn.
    @Test func scoresKnowDistancesOnly() {
        let (sequence, size) = (24, 8)
        let table = table(sequence, size)
        let row = numbers(3 * size, seed: 2)
        var qkv = (0..<sequence).flatMap { _ in row }
        let kernel = Kernel(isa: serre_isa_best(), workers: 1)
        func rotate(backwards: Bool) {
            kernel.withContext { context in
                serre_rotate(context, 1, Int64(sequence), 1, 1, Int64(size), table, backwards, &qkv, Int64(3 * size))
            }
        }
        rotate(backwards: false)
        func score(_ i: Int, _ j: Int) -> Double {
            var sum = 0.0
            for d in 0..<size { sum += Double(qkv[i * 3 * size + d]) * Double(qkv[j * 3 * size + size + d]) }
            return sum
        }
        for i in 5..<sequence { #expect(abs(score(i, i - 5) - score(5, 0)) < 1e-5) }
        #expect(abs(score(20, 15) - score(20, 3)) > 1e-3)
        rotate(backwards: true)
        for i in qkv.indices { #expect(abs(qkv[i] - row[i % row.count]) < 1e-5) }
    }

    @Test(arguments: [(1, 1, 1), (3, 7, 20), (2, 40, 300)])
    func learnedPositionsAreAdded(samples: Int, positions: Int, width: Int) {
        let table = numbers(positions * width, seed: 3, special: true)
        let x = numbers(samples * positions * width, seed: 4, special: true)
        let expected = x.indices.map { x[$0] + table[$0 % table.count] }
        expectEverywhere(expected) { context in
            var out = x
            out.withUnsafeMutableBufferPointer {
                serre_add_positions(
                    context, Int64(samples), Int64(positions), Int64(width), table, $0.baseAddress, $0.baseAddress)
            }
            return out
        }
    }

    /// Row t of the table's gradient is a chain over the samples' row t.
    @Test func gradientOfLearnedPositionsChainsOverSamples() {
        let (samples, positions, width) = (5, 6, 37)
        let dx = numbers(samples * positions * width, seed: 5)
        let start = numbers(positions * width, seed: 6)
        let expected = start.indices.map { at in
            (0..<samples).reduce(start[at]) { $0 + dx[$1 * positions * width + at] }
        }
        expectEverywhere(expected) { context in
            var accumulator = start
            serre_replicated_gradient(
                context, Int64(samples), Int64(positions), Int64(width), Int64(positions), dx, nil, nil, nil,
                &accumulator)
            return accumulator
        }
    }
}
