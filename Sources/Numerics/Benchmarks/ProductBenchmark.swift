import CKernels
import Diagnostics
import Programs

/// Measures matrix products on this machine: the contract's, one chain and segmented, beside OpenBLAS's on one thread.
///
/// All three take turns within one run, so that other users of the machine slow them alike; who begins changes from turn
/// to turn, so that none always finds the caches as the same other left them. Figures are medians; ratios are medians of
/// each turn's ratio, which neighbours that come and go between turns do not disturb.
public struct ProductBenchmark {
    public struct Shape: Sendable {
        public var m, n, k: Int
        public init(m: Int, n: Int, k: Int) { (self.m, self.n, self.k) = (m, n, k) }
    }

    /// How the operands are stored: N row by row as the product reads them, T transposed.
    public enum Storage: String, Sendable, CaseIterable {
        /// Gradients of inputs: dy [m × k] · weight [k × n].
        case nn = "NN"
        /// Forward products: x [m × k] · weight [n × k]ᵀ.
        case nt = "NT"
        /// Gradients of weights: dy [k × m]ᵀ · x [k × n].
        case tn = "TN"
    }

    public struct Result: Sendable {
        public var shape: Shape
        public var storage: Storage
        /// Median 10⁹ operations per second, a multiply-add counting two.
        public var exact, segmented, blas: Double
        /// OpenBLAS's time as a multiple of that of one chain, and of the segments.
        public var exactRatio, segmentedRatio: Double
    }

    private let exactContext: KernelContext
    private let blasContext: KernelContext

    /// Throws when OpenBLAS is missing.
    public init(instructionSet: KernelContext.InstructionSet? = nil) throws(Diagnostic) {
        exactContext = try KernelContext(instructionSet: instructionSet, workers: 1)
        blasContext = try KernelContext(instructionSet: instructionSet, workers: 1, products: .fastestBLAS)
    }

    /// Measures one shape, `repeats` turns.
    public func measure(_ shape: Shape, _ storage: Storage, segments: Int, repeats: Int) -> Result {
        let a = filled(shape.m * shape.k, 1)
        let b = filled(shape.k * shape.n, 2)
        var c = [Float](repeating: 0, count: shape.m * shape.n)
        var seconds: [[Double]] = [[], [], []]
        for turn in 0...repeats {
            for place in 0..<3 {
                let way = (turn + (turn % 2 == 0 ? place : 2 - place)) % 3
                let started = ContinuousClock.now
                multiply(shape, storage, a, b, &c, segments: way == 1 ? segments : 1, blas: way == 2)
                let elapsed = Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9
                // The first turn warms caches and pages.
                if turn > 0 { seconds[way].append(elapsed) }
            }
        }
        let operations = 2e-9 * Double(shape.m) * Double(shape.n) * Double(shape.k)
        let rates = seconds.map { operations / median($0) }
        let ratios = seconds.map { own in median(zip(seconds[2], own).map { $0 / $1 }) }
        return Result(
            shape: shape, storage: storage, exact: rates[0], segmented: rates[1], blas: rates[2],
            exactRatio: ratios[0], segmentedRatio: ratios[1])
    }

    private func multiply(
        _ s: Shape, _ storage: Storage, _ a: [Float], _ b: [Float], _ c: inout [Float], segments: Int, blas: Bool
    ) {
        c.withUnsafeMutableBufferPointer { output in
            let (chains, slots) = ProductCall.segmented(k: s.k, into: segments, output: output.baseAddress)
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    guard let a = a.baseAddress, let b = b.baseAddress else { return }
                    (blas ? blasContext : exactContext).multiply(
                        ProductCall(
                            m: s.m, n: s.n, a: a, lda: storage == .tn ? s.m : s.k, transposesA: storage == .tn, b: b,
                            ldb: storage == .nt ? s.k : s.n, transposesB: storage == .nt, chains: chains, slots: slots,
                            ldc: s.n))
                }
            }
        }
    }

    /// What is compared: the instruction set of ours, and OpenBLAS's own description of its kernels.
    public var description: String {
        "\(exactContext.instructionSet.rawValue) against \(blasContext.blasConfiguration ?? "OpenBLAS")"
    }

    private func filled(_ count: Int, _ stream: UInt64) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        serre_normal(exactContext.pointer, [1, 0], stream, 0, Int64(count), 0, 1, &values)
        return values
    }
}

/// The middle value; the mean of the two middle ones for an even count.
public func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
