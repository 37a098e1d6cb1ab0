import CKernels
import Foundation
import Testing

/// Cross entropy over a slice of the vocabulary against its definition, bit for bit.
@Suite struct CrossEntropyTests {
    static let shapes = [(1, 1, 1), (3, 40, 2), (5, 48, 3), (7, 17, 1), (4, 8 * 130, 8), (2, 12 * 67, 12)]
    static let first = 2

    struct Inputs {
        var logits: [Float]
        var targets: [Int32]
        var max: [Float]
        var sum: [Float]
    }

    /// Targets stray over both ends of the slice; maxima and sums are those of the whole rows here.
    static func inputs(rows: Int, columns: Int, segments: Int) -> Inputs {
        let logits = numbers(rows * columns, seed: 1, scale: 20)
        var draws = Draws(seed: 2)
        let targets = (0..<rows).map { _ in Int32(draws.below(columns + 2 * first)) }
        var max: [Float] = []
        var sum: [Float] = []
        for row in 0..<rows {
            let line = Array(logits[row * columns..<(row + 1) * columns])
            let largest = line.max() ?? 0
            let e = exponentials(line.map { $0 - largest })
            let width = columns / segments
            let leaves = (0..<segments).map { s in [strided(width) { $0 + e[s * width + $1] }] as [Float] }
            max.append(largest)
            sum.append(tree(leaves)[0])
        }
        return Inputs(logits: logits, targets: targets, max: max, sum: sum)
    }

    @Test(arguments: shapes)
    func maximaAndSums(rows: Int, columns: Int, segments: Int) {
        let inputs = Self.inputs(rows: rows, columns: columns, segments: segments)
        expectEverywhere(inputs.max + inputs.sum) { context in
            var max = [Float](repeating: .nan, count: rows)
            var sum = max
            serre_row_max(context, Int64(rows), Int64(columns), inputs.logits, &max)
            serre_exp_sums(context, Int64(rows), Int64(columns), Int64(segments), inputs.logits, max, &sum)
            return max + sum
        }
    }

    @Test func aLargestZeroIsPositive() {
        for columns in [1, 3, 16, 40] {
            var row = [Float](repeating: -1, count: columns)
            row[columns / 2] = -0.0
            expectEverywhere([0], "\(columns)") { context in
                var max: Float = .nan
                serre_row_max(context, 1, Int64(columns), row, &max)
                return [max]
            }
        }
        expectEverywhere([-.infinity]) { context in
            var max: Float = .nan
            serre_row_max(context, 1, 2, [-.infinity, -.infinity], &max)
            return [max]
        }
    }

    @Test(arguments: shapes)
    func targetLogits(rows: Int, columns: Int, segments: Int) {
        let inputs = Self.inputs(rows: rows, columns: columns, segments: segments)
        let logits = numbers(rows * columns, seed: 3, special: true)
        let expected = (0..<rows).map { row -> Float in
            let column = Int(inputs.targets[row]) - Self.first
            return (0..<columns).contains(column) ? logits[row * columns + column] : 0
        }
        expectEverywhere(expected) { context in
            var out = [Float](repeating: .nan, count: rows)
            serre_target_logits(context, Int64(rows), Int64(columns), Int64(Self.first), inputs.targets, logits, &out)
            return out
        }
    }

    @Test(arguments: [1, 9, 5000])
    func losses(rows: Int) {
        let max = numbers(rows, seed: 4, scale: 20)
        let target = max.map { $0 - 1.25 }
        let sum = numbers(rows, seed: 5).map { abs($0) * 1000 + 1 }
        let logs = logarithms(sum)
        let expected = (0..<rows).map { logs[$0] - (target[$0] - max[$0]) }
        expectEverywhere(expected) { context in
            var loss = max
            serre_cross_entropy(context, Int64(rows), max, sum, target, &loss)
            return loss
        }
    }

    @Test(arguments: shapes)
    func gradient(rows: Int, columns: Int, segments: Int) {
        let inputs = Self.inputs(rows: rows, columns: columns, segments: segments)
        let factor: Float = 1.0 / 37
        var expected: [Float] = []
        for row in 0..<rows {
            let e = exponentials(inputs.logits[row * columns..<(row + 1) * columns].map { $0 - inputs.max[row] })
            for c in 0..<columns {
                let p = e[c] / inputs.sum[row]
                expected.append((Int(inputs.targets[row]) - Self.first == c ? p - 1 : p) * factor)
            }
        }
        expectEverywhere(expected, "in place") { context in
            var gradient = inputs.logits
            gradient.withUnsafeMutableBufferPointer {
                serre_cross_entropy_gradient(
                    context, Int64(rows), Int64(columns), Int64(Self.first), inputs.targets, inputs.max, inputs.sum,
                    factor, $0.baseAddress, $0.baseAddress)
            }
            return gradient
        }
    }

    @Test func sampleLossesAreFloat64Chains() {
        let loss = numbers(3 * 700, seed: 6, scale: 9)
        let expected = (0..<3).map { s in loss[s * 700..<(s + 1) * 700].reduce(0.0) { $0 + Double($1) } }
        for kernel in Kernel.all {
            var out = [Double](repeating: .nan, count: 3)
            kernel.withContext { serre_sample_losses($0, 3, 700, loss, &out) }
            #expect(out == expected)
        }
    }

    /// The whole pass against float64.
    @Test func agreesWithFloat64() {
        let (rows, columns) = (20, 64)
        let logits = numbers(rows * columns, seed: 7, scale: 8)
        let targets = (0..<rows).map { Int32($0 * 3 % columns) }
        var (max, sum, target, loss) = (logits, logits, logits, logits)
        Kernel(isa: serre_isa_best(), workers: 2).withContext { context in
            serre_row_max(context, Int64(rows), Int64(columns), logits, &max)
            serre_exp_sums(context, Int64(rows), Int64(columns), 8, logits, max, &sum)
            serre_target_logits(context, Int64(rows), Int64(columns), 0, targets, logits, &target)
            serre_cross_entropy(context, Int64(rows), max, sum, target, &loss)
        }
        for row in 0..<rows {
            let line = logits[row * columns..<(row + 1) * columns].map(Double.init)
            let truth = Foundation.log(line.reduce(0) { $0 + Foundation.exp($1) }) - line[Int(targets[row])]
            #expect(abs(Double(loss[row]) - truth) < 4e-6)
        }
    }
}
