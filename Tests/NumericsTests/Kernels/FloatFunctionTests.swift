import CKernels
import Foundation
import Testing

/// float32 e^x, ln x and tanh x: within 2 ulp of float64, the same bits on every path.
@Suite struct FloatFunctionTests {
    struct Function: Sendable, CustomStringConvertible {
        let description: String
        let kernel: @Sendable (OpaquePointer?, Int64, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?) -> Void
        let truth: @Sendable (Double) -> Double
    }

    static let functions = [
        Function(description: "exp", kernel: { serre_exp($0, $1, $2, $3) }, truth: { Foundation.exp($0) }),
        Function(description: "log", kernel: { serre_log($0, $1, $2, $3) }, truth: { Foundation.log($0) }),
        Function(description: "tanh", kernel: { serre_tanh($0, $1, $2, $3) }, truth: { Foundation.tanh($0) }),
    ]

    /// Every 2,003rd bit pattern: two million inputs of all signs and sizes. (Over all inputs the largest errors were
    /// 0.99, 0.85 and 1.33 ulp.)
    @Test(arguments: functions)
    func isWithinTwoUlp(function: Function) {
        let x = stride(from: UInt32(0), to: UInt32.max - 2003, by: 2003).map { Float(bitPattern: $0) }
        var y = x
        Kernel(isa: serre_isa_best(), workers: 2).withContext { function.kernel($0, Int64(x.count), x, &y) }
        var worst = 0.0
        var worstInput: Float = 0
        for i in 0..<x.count {
            let error = errorInUlp(y[i], truth: function.truth(Double(x[i])))
            if !(error <= worst) { (worst, worstInput) = (error, x[i]) }
        }
        #expect(worst <= 2, "at \(worstInput)")
    }

    /// Infinite where one is finite and the other is not, or where only one is a number.
    private func errorInUlp(_ value: Float, truth: Double) -> Double {
        let rounded = Float(truth)
        if rounded.isNaN || rounded.isInfinite || !value.isFinite {
            return bits(value) == bits(rounded) ? 0 : .infinity
        }
        let ulp = max(Double(rounded.ulp), Double(Float.leastNonzeroMagnitude))
        return abs(Double(value) - truth) / ulp
    }

    @Test func takesSpecialValuesAsIEEEAsks() {
        let infinity = Float.infinity
        #expect(exponentials([-infinity, infinity, 0, -0.0, -104, 89]) == [0, infinity, 1, 1, 0, infinity])
        #expect(exponentials([-infinity])[0].sign == .plus)
        #expect(exponentials([-103.5])[0] == .leastNonzeroMagnitude)
        #expect(logarithms([0, -0.0, infinity, 1]) == [-infinity, -infinity, infinity, 0])
        #expect(hyperbolicTangents([infinity, -infinity, 0, 20]) == [1, -1, 0, 1])
        #expect(hyperbolicTangents([-0.0])[0].sign == .minus)
        let subnormal = Float(bitPattern: 12_345)
        #expect(hyperbolicTangents([subnormal, -subnormal]) == [subnormal, -subnormal])
        let undefined = logarithms([-1, -infinity, -.leastNonzeroMagnitude, .nan])
        for value in undefined + exponentials([.nan]) + hyperbolicTangents([.nan]) { #expect(value.isNaN) }
    }

    @Test(arguments: functions)
    func everyPathHasTheSameBits(function: Function) {
        for count in [1, 7, 8, 33, 20_011] {
            let x = numbers(count, seed: UInt64(count), scale: 30, special: true)
            let expected = Kernel(isa: SERRE_ISA_SCALAR, workers: 1).withContext { context in
                // One at a time: no vector code at all.
                x.map { value in
                    var (input, output) = (value, Float(0))
                    function.kernel(context, 1, &input, &output)
                    return output
                }
            }
            expectEverywhere(expected, "\(count)") { context in
                var y = x
                y.withUnsafeMutableBufferPointer {
                    function.kernel(context, Int64(count), $0.baseAddress, $0.baseAddress)
                }
                return y
            }
        }
    }
}
