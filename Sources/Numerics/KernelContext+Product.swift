import CKernels
import Programs

/// One matrix product for the kernels: C = A·B, chains and slots as in `serre_product`.
struct ProductCall {
    var m, n: Int
    var a: UnsafePointer<Float>
    var lda: Int
    var transposesA = false
    var b: UnsafePointer<Float>
    var ldb: Int
    var transposesB = false
    var chains: [serre_chain]
    var slots: [UnsafeMutablePointer<Float>?]
    var ldc: Int
    var bias: UnsafePointer<Float>?

    /// The chains and slots of k in `segments` equal parts (A5), the result in `output`.
    static func segmented(
        k: Int, into segments: Int, output: UnsafeMutablePointer<Float>?
    ) -> (chains: [serre_chain], slots: [UnsafeMutablePointer<Float>?]) {
        let length = k / segments
        let chains = LaneFold.segments(segments).enumerated().map { i, fold in
            serre_chain(
                begin: Int64(i * length), end: Int64((i + 1) * length), adds: Int32(fold.adds), slot: Int32(fold.slot))
        }
        var slots = [UnsafeMutablePointer<Float>?](repeating: nil, count: LaneFold.segmentSlots(segments))
        slots[0] = output
        return (chains, slots)
    }
}

extension KernelContext {
    /// Does a product by the contract's chains, or by OpenBLAS where the context was made for it.
    func multiply(_ call: ProductCall) {
        call.chains.withUnsafeBufferPointer { chains in
            call.slots.withUnsafeBufferPointer { slots in
                var product = serre_product(
                    m: Int64(call.m), n: Int64(call.n), a: call.a, lda: Int64(call.lda), a_transposed: call.transposesA,
                    b: call.b, ldb: Int64(call.ldb), b_transposed: call.transposesB, chains: chains.baseAddress,
                    chain_count: Int64(chains.count), slots: slots.baseAddress, slot_count: Int64(slots.count),
                    ldc: Int64(call.ldc), bias: call.bias)
                if usesBLAS {
                    let done = serre_matmul_blas(pointer, &product)
                    precondition(done, "OpenBLAS was opened when the context was made")
                } else {
                    serre_matmul(pointer, &product)
                }
            }
        }
    }
}
