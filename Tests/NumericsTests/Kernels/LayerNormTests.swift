import CKernels
import Testing

/// Layer norm, its gradient and the replicated parameters' gradients against their definitions, bit for bit.
@Suite struct LayerNormTests {
    static let shapes = [(1, 1), (3, 7), (5, 16), (4, 33), (40, 257), (2, 1500)]

    struct Forward {
        var y: [Float] = []
        var mean: [Float] = []
        var rstd: [Float] = []
    }

    static func reference(_ x: [Float], width: Int, gamma: [Float], beta: [Float]) -> Forward {
        var out = Forward()
        for row in stride(from: 0, to: x.count, by: width) {
            let mean: Float = strided(width) { $0 + x[row + $1] } / Float(width)
            let variance: Float =
                strided(width) { partial, i in
                    let d = x[row + i] - mean
                    return partial.addingProduct(d, d)
                } / Float(width)
            let rstd = 1 / (variance + 1e-5).squareRoot()
            out.mean.append(mean)
            out.rstd.append(rstd)
            for i in 0..<width { out.y.append((((x[row + i] - mean) * rstd) * gamma[i]) + beta[i]) }
        }
        return out
    }

    @Test(arguments: shapes, [false, true])
    func forward(shape: (rows: Int, width: Int), special: Bool) {
        let x = numbers(shape.rows * shape.width, seed: 1, scale: 3, special: special)
        let gamma = numbers(shape.width, seed: 2)
        let beta = numbers(shape.width, seed: 3)
        let expected = Self.reference(x, width: shape.width, gamma: gamma, beta: beta)
        expectEverywhere(expected.y + expected.mean + expected.rstd) { context in
            var y = x
            var mean = [Float](repeating: 0, count: shape.rows)
            var rstd = mean
            serre_layer_norm(context, Int64(shape.rows), Int64(shape.width), 1e-5, x, gamma, beta, &y, &mean, &rstd)
            return y + mean + rstd
        }
    }

    @Test(arguments: shapes, [false, true])
    func backward(shape: (rows: Int, width: Int), special: Bool) {
        let (rows, width) = shape
        let x = numbers(rows * width, seed: 4, scale: 3)
        let dy = numbers(rows * width, seed: 5, special: special)
        let gamma = numbers(width, seed: 6)
        let residual = numbers(rows * width, seed: 7)
        let kept = Self.reference(x, width: width, gamma: gamma, beta: gamma)
        var expected: [Float] = []
        for row in 0..<rows {
            let at = row * width
            let (mean, rstd) = (kept.mean[row], kept.rstd[row])
            let g = (0..<width).map { dy[at + $0] * gamma[$0] }
            let xh = (0..<width).map { (x[at + $0] - mean) * rstd }
            let s1: Float = strided(width) { $0 + g[$1] } / Float(width)
            let s2: Float = strided(width) { $0.addingProduct(g[$1], xh[$1]) } / Float(width)
            expected += (0..<width).map { rstd * ((g[$0] - s1) - xh[$0] * s2) }
        }
        let (rows64, width64) = (Int64(rows), Int64(width))
        expectEverywhere(expected, "dx in dy") { context in
            var dx = dy
            dx.withUnsafeMutableBufferPointer {
                serre_layer_norm_backward(
                    context, rows64, width64, $0.baseAddress, x, kept.mean, kept.rstd, gamma, nil, $0.baseAddress)
            }
            return dx
        }
        expectEverywhere(zip(residual, expected).map { $0 + $1 }, "dx in the residual") { context in
            var dx = residual
            dx.withUnsafeMutableBufferPointer {
                serre_layer_norm_backward(
                    context, rows64, width64, dy, x, kept.mean, kept.rstd, gamma, $0.baseAddress, $0.baseAddress)
            }
            return dx
        }
    }

    @Test(arguments: [(1, 4, 1, 1), (3, 8, 5, 2), (2, 24, 130, 8), (2, 16, 300, 1)])
    func replicatedGradient(samples: Int, sequence: Int, width: Int, segments: Int) {
        let rows = samples * sequence
        let x = numbers(rows * width, seed: 8, scale: 2)
        let dy = numbers(rows * width, seed: 9)
        let start = numbers(segments * width, seed: 10)
        let kept = Self.reference(x, width: width, gamma: x, beta: x)
        for weighted in [false, true] {
            var expected = start
            for g in 0..<segments {
                for sample in 0..<samples {
                    for t in g * sequence / segments..<(g + 1) * sequence / segments {
                        let row = sample * sequence + t
                        for c in 0..<width {
                            let xh = (x[row * width + c] - kept.mean[row]) * kept.rstd[row]
                            let accumulated = expected[g * width + c]
                            expected[g * width + c] =
                                weighted
                                ? accumulated.addingProduct(dy[row * width + c], xh) : accumulated + dy[row * width + c]
                        }
                    }
                }
            }
            expectEverywhere(expected, weighted ? "gamma" : "beta") { context in
                var accumulator = start
                // Sample by sample, as micro-batches of one would: nothing is reset between them.
                for sample in 0..<samples {
                    let row = sample * sequence
                    x.withUnsafeBufferPointer { x in
                        serre_replicated_gradient(
                            context, 1, Int64(sequence), Int64(width), Int64(segments),
                            Array(dy[(row * width)...]), weighted ? x.baseAddress! + row * width : nil,
                            Array(kept.mean[row...]), Array(kept.rstd[row...]), &accumulator)
                    }
                }
                return accumulator
            }
            expectEverywhere(expected, "all samples at once") { context in
                var accumulator = start
                x.withUnsafeBufferPointer { x in
                    serre_replicated_gradient(
                        context, Int64(samples), Int64(sequence), Int64(width), Int64(segments), dy,
                        weighted ? x.baseAddress : nil, kept.mean, kept.rstd, &accumulator)
                }
                return accumulator
            }
        }
    }
}
