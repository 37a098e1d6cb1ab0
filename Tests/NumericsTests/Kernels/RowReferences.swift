import CKernels
import Testing

/// Numbers in (−scale, scale); with `special`, some are zeros, subnormals, infinities or NaN.
func numbers(_ count: Int, seed: UInt64, scale: Float = 1, special hasSpecial: Bool = false) -> [Float] {
    var draws = Draws(seed: seed)
    return (0..<count).map { _ in scale * (hasSpecial ? special(&draws) : ordinary(&draws)) }
}

/// A8 written down directly: 16 partials that start at +0, element i changes partial i mod 16, then the tree of the 16.
func strided<Value: FloatingPoint>(_ count: Int, _ next: (Value, Int) -> Value) -> Value {
    var partials = [Value](repeating: 0, count: 16)
    for i in 0..<count { partials[i % 16] = next(partials[i % 16], i) }
    while partials.count > 1 {
        partials = (0..<partials.count / 2).map { partials[2 * $0] + partials[2 * $0 + 1] }
    }
    return partials[0]
}

/// The kernels' own exponential on the scalar path: its bits are the contract's, its accuracy is tested by itself.
func exponentials(_ x: [Float]) -> [Float] { scalarPass(serre_exp, x) }
func logarithms(_ x: [Float]) -> [Float] { scalarPass(serre_log, x) }
func hyperbolicTangents(_ x: [Float]) -> [Float] { scalarPass(serre_tanh, x) }

typealias UnaryKernel = (OpaquePointer?, Int64, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?) -> Void

private func scalarPass(_ kernel: UnaryKernel, _ x: [Float]) -> [Float] {
    Kernel(isa: SERRE_ISA_SCALAR, workers: 1).withContext { context in
        var y = x
        kernel(context, Int64(x.count), x, &y)
        return y
    }
}

/// Runs a pass with every instruction set and 1, 2 and 3 workers; each result must have the expected bits.
func expectEverywhere(
    _ expected: [Float], _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ run: (OpaquePointer) -> [Float]
) {
    for kernel in Kernel.all {
        let found = kernel.withContext(run)
        let different = firstDifference(found, expected)
        #expect(different == nil, "\(kernel) \(what)", sourceLocation: sourceLocation)
    }
}

/// Where two arrays' bits part, in words.
func firstDifference(_ found: [Float], _ expected: [Float]) -> String? {
    guard found.count == expected.count else { return "\(found.count) elements, expected \(expected.count)" }
    guard let i = found.indices.first(where: { bits(found[$0]) != bits(expected[$0]) }) else { return nil }
    return "element \(i): \(found[i]), expected \(expected[i])"
}
