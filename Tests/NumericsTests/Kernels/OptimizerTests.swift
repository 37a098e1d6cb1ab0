import CKernels
import Testing

/// Sums of squares and AdamW by blocks of 4,096, bit for bit.
@Suite struct OptimizerTests {
    static let counts = [1, 15, 16, 300, 4096, 4097, 20_000]

    private func blocks(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: 4096).map { $0..<min($0 + 4096, count) }
    }

    @Test(arguments: counts)
    func squareSums(count: Int) {
        let g = numbers(count, seed: 1, scale: 1e3).enumerated().map { $0 % 50 == 7 ? Float(bitPattern: 12_345) : $1 }
        let expected = blocks(count).map { block in
            strided(block.count) { partial, i -> Double in
                partial.addingProduct(Double(g[block.lowerBound + i]), Double(g[block.lowerBound + i]))
            }
        }
        for kernel in Kernel.all {
            var out = [Double](repeating: .nan, count: expected.count)
            kernel.withContext { serre_square_sums($0, Int64(count), g, &out) }
            #expect(out == expected, "\(kernel)")
        }
    }

    struct State {
        var p: [Float]
        var m: [Float]
        var v: [Float]
    }

    /// The header's operations one after the other; returns p' − p.
    private func update(_ state: inout State, _ gradient: [Float], _ s: serre_adamw_step) -> [Double] {
        let decay = 1 - s.learning_rate * s.weight_decay
        let (rest1, rest2) = (1 - s.beta1, 1 - s.beta2)
        let rate = s.learning_rate / s.correction1
        return gradient.indices.map { i in
            let old = state.p[i]
            let g = s.clip * gradient[i]
            state.m[i] = s.beta1 * state.m[i] + rest1 * g
            state.v[i] = s.beta2 * state.v[i] + (rest2 * g) * g
            let denominator = state.v[i].squareRoot() / s.root_correction2 + s.epsilon
            state.p[i] = old * decay - rate * (state.m[i] / denominator)
            return Double(state.p[i]) - Double(old)
        }
    }

    @Test(arguments: counts)
    func adamw(count: Int) {
        var step = serre_adamw_step(
            learning_rate: 3e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weight_decay: 0.1, clip: 0.73,
            correction1: 0.1, root_correction2: 0.2236068)
        let start = State(
            p: numbers(count, seed: 2), m: [Float](repeating: 0, count: count), v: [Float](repeating: 0, count: count))
        // Tiny gradients make subnormal second moments.
        let gradients = (0..<3).map { numbers(count, seed: 3 + UInt64($0), scale: $0 == 1 ? 1e-20 : 1) }
        var expected = start
        var expectedUpdates: [Double] = []
        for gradient in gradients {
            let changes = update(&expected, gradient, step)
            expectedUpdates += blocks(count).map { block in strided(block.count) { $0 + changes[block.lowerBound + $1] }
            }
        }
        for kernel in Kernel.all {
            var found = start
            var updates: [Double] = []
            kernel.withContext { context in
                for gradient in gradients {
                    var sums = [Double](repeating: .nan, count: blocks(count).count)
                    serre_adamw(context, Int64(count), &step, &found.p, &found.m, &found.v, gradient, &sums)
                    updates += sums
                }
            }
            #expect(updates == expectedUpdates, "\(kernel)")
            let different = firstDifference(found.p + found.m + found.v, expected.p + expected.m + expected.v)
            #expect(different == nil, "\(kernel)")
        }
    }
}
