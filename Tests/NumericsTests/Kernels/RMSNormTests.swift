import CKernels
import Testing

/// RMS norm and its gradients against their definitions, bit for bit.
@Suite struct RMSNormTests {
    /// The reciprocal root mean square of each row.
    private func reference(_ x: [Float], width: Int) -> [Float] {
        stride(from: 0, to: x.count, by: width).map { row in
            let squares: Float = strided(width) { $0.addingProduct(x[row + $1], x[row + $1]) }
            return 1 / (squares / Float(width) + 1e-5).squareRoot()
        }
    }

    @Test(arguments: LayerNormTests.shapes, [false, true])
    func forward(shape: (rows: Int, width: Int), special: Bool) {
        let (rows, width) = shape
        let x = numbers(rows * width, seed: 1, scale: 3, special: special)
        let gamma = numbers(width, seed: 2)
        let rstd = reference(x, width: width)
        let y = x.indices.map { (x[$0] * rstd[$0 / width]) * gamma[$0 % width] }
        expectEverywhere(y + rstd) { context in
            var out = x
            var kept = rstd
            kept.indices.forEach { kept[$0] = 0 }
            serre_rms_norm(context, Int64(rows), Int64(width), 1e-5, x, gamma, &out, &kept)
            return out + kept
        }
    }

    @Test(arguments: LayerNormTests.shapes, [false, true])
    func backward(shape: (rows: Int, width: Int), special: Bool) {
        let (rows, width) = shape
        let x = numbers(rows * width, seed: 4, scale: 3)
        let dy = numbers(rows * width, seed: 5, special: special)
        let gamma = numbers(width, seed: 6)
        let residual = numbers(rows * width, seed: 7)
        let rstd = reference(x, width: width)
        var expected: [Float] = []
        for row in 0..<rows {
            let g = (0..<width).map { dy[row * width + $0] * gamma[$0] }
            let xh = (0..<width).map { x[row * width + $0] * rstd[row] }
            let s: Float = strided(width) { $0.addingProduct(g[$1], xh[$1]) } / Float(width)
            expected += (0..<width).map { rstd[row] * (g[$0] - xh[$0] * s) }
        }
        expectEverywhere(expected, "dx in dy") { context in
            var dx = dy
            dx.withUnsafeMutableBufferPointer {
                serre_rms_norm_backward(
                    context, Int64(rows), Int64(width), $0.baseAddress, x, rstd, gamma, nil, $0.baseAddress)
            }
            return dx
        }
        expectEverywhere(zip(residual, expected).map { $0 + $1 }, "dx in the residual") { context in
            var dx = residual
            dx.withUnsafeMutableBufferPointer {
                serre_rms_norm_backward(
                    context, Int64(rows), Int64(width), dy, x, rstd, gamma, $0.baseAddress, $0.baseAddress)
            }
            return dx
        }
    }

    /// gamma's gradient takes no mean: xh = x*rstd.
    @Test(arguments: [(1, 4, 1, 1), (3, 8, 5, 2), (2, 24, 130, 8)])
    func replicatedGradient(samples: Int, sequence: Int, width: Int, segments: Int) {
        let rows = samples * sequence
        let x = numbers(rows * width, seed: 8, scale: 2, special: true)
        let dy = numbers(rows * width, seed: 9)
        let rstd = numbers(rows, seed: 11)
        let start = numbers(segments * width, seed: 10)
        var expected = start
        for row in 0..<rows {
            let segment = row % sequence / (sequence / segments)
            for c in 0..<width {
                let at = segment * width + c
                expected[at] = expected[at].addingProduct(dy[row * width + c], x[row * width + c] * rstd[row])
            }
        }
        expectEverywhere(expected) { context in
            var accumulator = start
            serre_replicated_gradient(
                context, Int64(samples), Int64(sequence), Int64(width), Int64(segments), dy, x, nil, rstd,
                &accumulator)
            return accumulator
        }
    }

    /// In float64, by central differences.
    @Test func gradientIsTheDerivative() {
        let width = 6
        let x = numbers(width, seed: 12)
        let gamma = numbers(width, seed: 13)
        let dy = numbers(width, seed: 14)
        func loss(_ x: [Double]) -> Double {
            let squares = x.reduce(0) { $0 + $1 * $1 }
            let rstd = 1 / (squares / Double(width) + 1e-5).squareRoot()
            var sum = 0.0
            for i in 0..<width { sum += x[i] * rstd * Double(gamma[i]) * Double(dy[i]) }
            return sum
        }
        let dx = Kernel(isa: serre_isa_best(), workers: 1).withContext { context in
            var dx = x
            serre_rms_norm_backward(
                context, 1, Int64(width), dy, x, reference(x, width: width), gamma, nil, &dx)
            return dx
        }
        for i in 0..<width {
            let sides = [1e-5, -1e-5].map { step in
                var moved = x.map(Double.init)
                moved[i] += step
                return loss(moved)
            }
            #expect(abs((sides[0] - sides[1]) / 2e-5 - Double(dx[i])) < 1e-5)
        }
    }
}
