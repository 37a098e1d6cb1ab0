import CKernels
import Foundation
import Testing

/// Passes element by element against their definitions, bit for bit.
@Suite struct ElementwiseTests {
    static let counts = [1, 15, 17, 4097, 40_003]

    @Test(arguments: counts)
    func addition(count: Int) {
        let a = numbers(count, seed: 1, special: true)
        let b = numbers(count, seed: 2, special: true)
        let expected = zip(a, b).map { $0 + $1 }
        expectEverywhere(expected) { context in
            var out = a
            serre_add(context, Int64(count), a, b, &out)
            return out
        }
        expectEverywhere(expected, "in place") { context in
            var out = b
            out.withUnsafeMutableBufferPointer { serre_add(context, Int64(count), a, $0.baseAddress, $0.baseAddress) }
            return out
        }
    }

    @Test(arguments: [(1, 1), (3, 20), (70, 33), (2, 9001)])
    func biasAndResidual(rows: Int, columns: Int) {
        let sum = numbers(rows * columns, seed: 3, special: true)
        let residual = numbers(rows * columns, seed: 4, special: true)
        let bias = numbers(columns, seed: 5)
        let expected = sum.indices.map { (sum[$0] + bias[$0 % columns]) + residual[$0] }
        expectEverywhere(expected) { context in
            var out = residual
            out.withUnsafeMutableBufferPointer {
                serre_add_bias_residual(context, Int64(rows), Int64(columns), sum, bias, $0.baseAddress, $0.baseAddress)
            }
            return out
        }
    }

    @Test(arguments: [1, 2, 3, 4, 6, 7, 8, 12, 20])
    func contributions(parts: Int) {
        for count in [1, 130, 9001] {
            let inputs = (0..<parts).map { numbers(count, seed: UInt64($0), special: true) }
            let or = (0..<count).map { i in
                Float(bitPattern: inputs.reduce(0) { $0 | $1[i].bitPattern })
            }
            let largest = (0..<count).map { i in
                inputs.dropFirst().reduce(inputs[0][i]) { $1[i] > $0 ? $1[i] : $0 }
            }
            let passes: [(String, [Float], ContributionsKernel)] = [
                ("sum", tree(inputs), serre_tree_sum), ("or", or, serre_tree_or), ("max", largest, serre_tree_max),
            ]
            for (name, expected, kernel) in passes {
                expectEverywhere(expected, "\(name) \(count)") { combined(inputs, kernel, $0) }
            }
        }
    }

    typealias ContributionsKernel = (
        OpaquePointer?, Int64, UnsafePointer<UnsafePointer<Float>?>?, Int64, UnsafeMutablePointer<Float>?
    ) -> Void

    /// The first contribution's memory receives the result.
    private func combined(_ inputs: [[Float]], _ kernel: ContributionsKernel, _ context: OpaquePointer) -> [Float] {
        let count = inputs[0].count
        let memory = inputs.map { input in
            let copy = UnsafeMutablePointer<Float>.allocate(capacity: count)
            copy.initialize(from: input, count: count)
            return copy
        }
        defer { memory.forEach { $0.deallocate() } }
        kernel(context, Int64(count), memory.map { UnsafePointer($0) }, Int64(inputs.count), memory[0])
        return Array(UnsafeBufferPointer(start: memory[0], count: count))
    }

    @Test func orMovesTheOwnersBits() {
        let owned: [Float] = [-0.0, 0, -1.5, .infinity]
        let zeros = [Float](repeating: 0, count: 4)
        expectEverywhere(owned) { combined([zeros, owned, zeros], serre_tree_or, $0) }
    }
}

/// GELU in the header's order of operations, and that it is GELU.
@Suite struct GELUTests {
    static let c: Float = 0.79788456
    static let a: Float = 0.044715

    private func tangents(_ x: [Float]) -> [Float] {
        hyperbolicTangents(x.map { Self.c * ($0 * (1 + (Self.a * $0) * $0)) })
    }

    @Test(arguments: ElementwiseTests.counts)
    func forward(count: Int) {
        let x = numbers(count, seed: 6, scale: 5, special: true)
        let expected = zip(x, tangents(x)).map { (0.5 * $0) * (1 + $1) }
        expectEverywhere(expected) { context in
            var y = x
            serre_gelu(context, Int64(count), x, &y)
            return y
        }
    }

    @Test(arguments: ElementwiseTests.counts)
    func backward(count: Int) {
        let x = numbers(count, seed: 7, scale: 5, special: true)
        let dy = numbers(count, seed: 8)
        let t = tangents(x)
        let expected = x.indices.map { i -> Float in
            let slope = Self.c + (0.1070322243 * x[i]) * x[i]
            let d = (0.5 * x[i]) * ((1 - t[i] * t[i]) * slope) + 0.5 * (1 + t[i])
            return dy[i] * d
        }
        expectEverywhere(expected) { context in
            var dx = dy
            dx.withUnsafeMutableBufferPointer {
                serre_gelu_backward(context, Int64(count), $0.baseAddress, x, $0.baseAddress)
            }
            return dx
        }
    }

    @Test func agreesWithFloat64() {
        func gelu(_ x: Double) -> Double {
            0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        }
        let x = numbers(2000, seed: 9, scale: 6)
        let ones = [Float](repeating: 1, count: x.count)
        var y = x
        var slope = x
        Kernel(isa: serre_isa_best(), workers: 1).withContext {
            serre_gelu($0, Int64(x.count), x, &y)
            serre_gelu_backward($0, Int64(x.count), ones, x, &slope)
        }
        for i in x.indices {
            let at = Double(x[i])
            #expect(abs(Double(y[i]) - gelu(at)) < 1e-6)
            #expect(abs(Double(slope[i]) - (gelu(at + 1e-5) - gelu(at - 1e-5)) / 2e-5) < 2e-6)
        }
    }
}
