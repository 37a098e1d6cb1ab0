import CKernels
import Foundation
import Testing

/// The SiLU-gated unit in the header's order of operations, and that it is one.
@Suite struct SwiGLUTests {
    /// 1/(1 + e^−g) of every gate.
    private func gates(_ x: [Float]) -> [Float] {
        exponentials(stride(from: 0, to: x.count, by: 2).map { -x[$0] }).map { 1 / (1 + $0) }
    }

    @Test(arguments: ElementwiseTests.counts)
    func forward(count: Int) {
        let x = numbers(2 * count, seed: 1, scale: 9, special: true)
        let s = gates(x)
        let expected = (0..<count).map { i -> Float in
            let (gate, up) = (x[2 * i], x[2 * i + 1])
            return (gate * s[i]) * up
        }
        expectEverywhere(expected) { context in
            var y = s
            serre_swiglu(context, Int64(count), x, &y)
            return y
        }
    }

    @Test(arguments: ElementwiseTests.counts)
    func backward(count: Int) {
        let x = numbers(2 * count, seed: 2, scale: 9, special: true)
        let dy = numbers(count, seed: 3)
        let s = gates(x)
        let expected = (0..<count).flatMap { i -> [Float] in
            let (gate, up) = (x[2 * i], x[2 * i + 1])
            return [(dy[i] * up) * (s[i] * (1 + gate * (1 - s[i]))), dy[i] * (gate * s[i])]
        }
        expectEverywhere(expected) { context in
            var dx = [Float](repeating: 7, count: 2 * count)
            serre_swiglu_backward(context, Int64(count), dy, x, &dx)
            return dx
        }
        expectEverywhere(expected, "in place") { context in
            var dx = x
            dx.withUnsafeMutableBufferPointer {
                serre_swiglu_backward(context, Int64(count), dy, $0.baseAddress, $0.baseAddress)
            }
            return dx
        }
    }

    @Test func agreesWithFloat64() {
        func unit(_ gate: Double, _ up: Double) -> Double { gate / (1 + Foundation.exp(-gate)) * up }
        let count = 2000
        let x = numbers(2 * count, seed: 4, scale: 6)
        let ones = [Float](repeating: 1, count: count)
        var y = ones
        var slope = x
        Kernel(isa: serre_isa_best(), workers: 1).withContext {
            serre_swiglu($0, Int64(count), x, &y)
            serre_swiglu_backward($0, Int64(count), ones, x, &slope)
        }
        for i in 0..<count {
            let (gate, up) = (Double(x[2 * i]), Double(x[2 * i + 1]))
            let dGate = (unit(gate + 1e-5, up) - unit(gate - 1e-5, up)) / 2e-5
            #expect(abs(Double(y[i]) - unit(gate, up)) < 1e-5)
            #expect(abs(Double(slope[2 * i]) - dGate) < 1e-5)
            #expect(abs(Double(slope[2 * i + 1]) - unit(gate, 1)) < 1e-5)
        }
    }
}
