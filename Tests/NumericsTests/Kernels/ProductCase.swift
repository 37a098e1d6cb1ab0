import CKernels

/// One matrix product with its chains: how to make its operands, run it and compute it slowly.
struct Case: Sendable, CustomStringConvertible {
    var m: Int
    var n: Int
    /// k of the operands; the chains cover parts of it.
    var depth: Int
    var aTransposed = false
    var bTransposed = false
    /// Added to each operand's leading dimension.
    var padding = 0
    var chains: [serre_chain]
    var hasBias = false

    var description: String {
        let cuts = chains.map { "\($0.begin)..<\($0.end)+\($0.adds)→\($0.slot)" }.joined(separator: " ")
        return "\(m)×\(n)×\(depth) \(aTransposed ? "T" : "N")\(bTransposed ? "T" : "N") pad \(padding) [\(cuts)]"
    }

    var slotCount: Int { chains.reduce(1) { max($0, Int($1.slot + $1.adds), Int($1.slot) + 1) } }
    var lda: Int { (aTransposed ? m : depth) + padding }
    var ldb: Int { (bTransposed ? depth : n) + padding }

    struct Operands {
        var a: [Float]
        var b: [Float]
        var bias: [Float]
    }

    func operands(_ draw: (inout Draws) -> Float) -> Operands {
        var random = Draws(seed: UInt64(m &* 7919 &+ n &* 104_729 &+ depth))
        return Operands(
            a: (0..<(aTransposed ? depth : m) * lda).map { _ in draw(&random) },
            b: (0..<(bTransposed ? n : depth) * ldb).map { _ in draw(&random) },
            bias: (0..<n).map { _ in draw(&random) })
    }

    /// The header's definition, one output element after the other.
    func reference(_ operands: Operands) -> [Float] {
        var out: [Float] = []
        for i in 0..<m {
            for j in 0..<n {
                var slots = [Float](repeating: .nan, count: slotCount)
                for chain in chains {
                    var v: Float = 0
                    for k in Int(chain.begin)..<Int(chain.end) {
                        let a = operands.a[aTransposed ? k * lda + i : i * lda + k]
                        let b = operands.b[bTransposed ? j * ldb + k : k * ldb + j]
                        v.addProduct(a, b)
                    }
                    for s in stride(from: chain.slot + chain.adds - 1, through: chain.slot, by: -1) {
                        v = slots[Int(s)] + v
                    }
                    slots[Int(chain.slot)] = v
                }
                out.append(hasBias ? slots[0] + operands.bias[j] : slots[0])
            }
        }
        return out
    }

    /// The kernel's output for all rows and columns or some, with every slot but the first inside the call.
    func run(
        _ operands: Operands, on kernel: Kernel, rows: Range<Int>? = nil, columns: Range<Int>? = nil,
        byBLAS: Bool = false
    ) -> [Float] {
        let rows = rows ?? 0..<m
        let columns = columns ?? 0..<n
        let slots = Slots(count: slotCount, size: rows.count * columns.count, held: 0..<1)
        run(operands, on: kernel, into: slots, rows: rows, columns: columns, byBLAS: byBLAS)
        return slots[0]
    }

    func run(
        _ operands: Operands, on kernel: Kernel, into slots: Slots, ldc: Int? = nil, rows: Range<Int>? = nil,
        columns: Range<Int>? = nil, byBLAS: Bool = false
    ) {
        let rows = rows ?? 0..<m
        let columns = columns ?? 0..<n
        operands.a.withUnsafeBufferPointer { a in
            operands.b.withUnsafeBufferPointer { b in
                operands.bias.withUnsafeBufferPointer { bias in
                    var product = shape(rows: rows.count, columns: columns.count)
                    product.a = a.baseAddress.map { $0 + rows.lowerBound * (aTransposed ? 1 : lda) }
                    product.b = b.baseAddress.map { $0 + columns.lowerBound * (bTransposed ? ldb : 1) }
                    product.bias = hasBias ? bias.baseAddress.map { $0 + columns.lowerBound } : nil
                    product.slots = UnsafePointer(slots.pointers)
                    product.slot_count = Int64(slots.count)
                    if let ldc { product.ldc = Int64(ldc) }
                    run(product, on: kernel, byBLAS: byBLAS)
                }
            }
        }
    }

    /// A product of one slot over memory that the caller chose.
    func run(
        a: UnsafePointer<Float>, b: UnsafePointer<Float>, on kernel: Kernel, into out: UnsafeMutablePointer<Float>
    ) {
        var product = shape(rows: m, columns: n)
        product.a = a
        product.b = b
        withUnsafePointer(to: Optional(out)) { slot in
            product.slots = slot
            product.slot_count = 1
            run(product, on: kernel, byBLAS: false)
        }
    }

    private func shape(rows: Int, columns: Int) -> serre_product {
        var product = serre_product()
        product.m = Int64(rows)
        product.n = Int64(columns)
        product.lda = Int64(lda)
        product.a_transposed = aTransposed
        product.ldb = Int64(ldb)
        product.b_transposed = bTransposed
        product.ldc = Int64(columns)
        return product
    }

    private func run(_ product: serre_product, on kernel: Kernel, byBLAS: Bool) {
        var product = product
        chains.withUnsafeBufferPointer { chains in
            product.chains = chains.baseAddress
            product.chain_count = Int64(chains.count)
            kernel.withContext { context in
                if byBLAS {
                    _ = serre_matmul_blas(context, &product)
                } else {
                    serre_matmul(context, &product)
                }
            }
        }
    }
}

extension Case {
    /// Every transposition, sizes around the register tiles, depths around the windows.
    static let awkward: [Case] = {
        var cases: [Case] = []
        var random = Draws(seed: 1)
        for (m, n, k) in [(1, 1, 1), (6, 16, 8), (7, 17, 257), (12, 32, 385), (5, 15, 769), (13, 33, 7)] {
            for transposition in 0..<4 {
                cases.append(
                    Case(
                        m: m, n: n, depth: k, aTransposed: transposition & 1 != 0, bTransposed: transposition & 2 != 0,
                        chains: segmentChains(1, depth: k)))
            }
        }
        for _ in 0..<80 { cases.append(drawn(&random)) }
        return cases
    }()

    /// A small product with chains anywhere in k (gaps, repeats, empty ones) and any adds that the counter allows.
    static func drawn(_ random: inout Draws, depthBelow: Int = 60) -> Case {
        let depth = random.below(depthBelow)
        var chains: [serre_chain] = []
        var height: Int32 = 0
        for _ in 0...random.below(7) {
            let begin = random.below(depth + 1)
            let end = begin + random.below(depth - begin + 1)
            let adds = Int32(random.below(Int(height) + 1))
            chains.append(serre_chain(begin: Int64(begin), end: Int64(end), adds: adds, slot: height - adds))
            height += 1 - adds
        }
        return Case(
            m: 1 + random.below(40), n: 1 + random.below(40), depth: depth, aTransposed: random.below(2) == 1,
            bTransposed: random.below(2) == 1, padding: random.below(4), chains: chains,
            hasBias: random.below(2) == 1)
    }
}

/// The output matrices of a product, by slot; those outside `held` are the kernel's own.
final class Slots {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    let count: Int
    private let size: Int

    init(count: Int, size: Int, held: Range<Int>, fill: Float = .nan) {
        self.count = count
        self.size = size
        pointers = .allocate(capacity: count)
        pointers.initialize(repeating: nil, count: count)
        for slot in held {
            let values = UnsafeMutablePointer<Float>.allocate(capacity: size)
            values.initialize(repeating: fill, count: size)
            pointers[slot] = values
        }
    }

    deinit {
        for slot in 0..<count { pointers[slot]?.deallocate() }
        pointers.deallocate()
    }

    subscript(slot: Int) -> [Float] {
        pointers[slot].map { Array(UnsafeBufferPointer(start: $0, count: size)) } ?? []
    }
}
