import CKernels

extension KernelContext {
    /// Matrix operations per second that this context reaches now, all its workers together: the median of a few
    /// products of 512³. A run is slower, by what its other passes take.
    public func measuredOperationsPerSecond() -> Double {
        let n = 512
        let a = [Float](repeating: 0.5, count: n * n)
        var c = [Float](repeating: 0, count: n * n)
        var seconds: [Double] = []
        for _ in 0..<6 {
            let started = ContinuousClock.now
            c.withUnsafeMutableBufferPointer { output in
                let (chains, slots) = ProductCall.segmented(k: n, into: 1, output: output.baseAddress)
                a.withUnsafeBufferPointer { a in
                    guard let a = a.baseAddress else { return }
                    multiply(
                        ProductCall(
                            m: n, n: n, a: a, lda: n, b: a, ldb: n, transposesB: true, chains: chains, slots: slots,
                            ldc: n))
                }
            }
            seconds.append(Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9)
        }
        // The first turn warms caches and pages.
        return 2 * Double(n * n * n) / median(Array(seconds.dropFirst()))
    }
}
