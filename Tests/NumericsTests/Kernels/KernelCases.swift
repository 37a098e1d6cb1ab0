import CKernels

/// An instruction set of this machine and a number of workers.
struct Kernel: CustomStringConvertible {
    let isa: serre_isa
    let workers: Int

    var description: String { "isa \(isa.rawValue), \(workers) workers" }

    /// Each instruction set that a context can be made for, with 1, 2 and 3 workers.
    static let all: [Kernel] = (0...2 as ClosedRange<UInt32>).flatMap { isa in
        [1, 2, 3].map { Kernel(isa: serre_isa(rawValue: isa), workers: $0) }
    }.filter { kernel in
        guard let context = serre_context_create(kernel.isa, 1) else { return false }
        serre_context_destroy(context)
        return true
    }

    func withContext<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        guard let context = serre_context_create(isa, Int32(workers)) else {
            fatalError("no context for \(self)")
        }
        defer { serre_context_destroy(context) }
        return body(context)
    }
}

/// A small generator of reproducible draws (SplitMix64).
struct Draws {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// In (−1, 1), all 24 bits in use.
func ordinary(_ draws: inout Draws) -> Float {
    (Float(draws.next() >> 40) + 0.5) / Float(1 << 23) - 1
}

/// One in eight is a zero of either sign, subnormal, tiny, huge, infinite or not a number.
func special(_ draws: inout Draws) -> Float {
    let rare: [Float] = [
        -0.0, 0.0, Float.leastNonzeroMagnitude, -Float(bitPattern: 214_086), 1.5e-38, -3e38, .infinity, -.infinity,
        .nan, 1e-30, -2e-22,
    ]
    let value = ordinary(&draws)
    let choice = draws.below(8 * rare.count)
    return choice < rare.count ? rare[choice] : value
}

/// A value's bits, with one pattern for everything that is not a number: IEEE leaves a NaN's payload open.
func bits(_ value: Float) -> UInt32 { value.isNaN ? Float.nan.bitPattern : value.bitPattern }

/// Where and how two rows of values differ in their bits; nil when they do not.
func mismatch(_ found: [Float], _ expected: [Float]) -> String? {
    if found.count != expected.count { return "\(found.count) values, not \(expected.count)" }
    guard let index = found.indices.first(where: { bits(found[$0]) != bits(expected[$0]) }) else { return nil }
    return "[\(index)] is \(found[index]), not \(expected[index])"
}

/// A4 written down directly: each aligned block of 2^k leaves by halves, then the roots from left to right.
func tree(_ leaves: [[Float]]) -> [Float] {
    func sum(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map { $0 + $1 } }
    func balanced(_ block: ArraySlice<[Float]>) -> [Float] {
        if block.count == 1 { return block[block.startIndex] }
        let middle = block.startIndex + block.count / 2
        return sum(balanced(block[..<middle]), balanced(block[middle...]))
    }
    let size = 1 << leaves.count.trailingZeroBitCount
    let roots = stride(from: 0, to: leaves.count, by: size).map { balanced(leaves[$0..<$0 + size]) }
    return roots.dropFirst().reduce(roots[0], sum)
}

/// The chains that make the tree over `segments` equal parts of [from, from + depth): the binary counter of serre_chain.
func segmentChains(_ segments: Int, depth: Int, from: Int = 0) -> [serre_chain] {
    let size = 1 << segments.trailingZeroBitCount
    var chains: [serre_chain] = []
    var height = 0
    for segment in 0..<segments {
        let within = segment % size
        var adds = (~within).trailingZeroBitCount
        if within == size - 1 && segment >= size { adds += 1 }
        if within == size - 1 { adds = height }
        chains.append(
            serre_chain(
                begin: Int64(from + segment * depth / segments), end: Int64(from + (segment + 1) * depth / segments),
                adds: Int32(adds), slot: Int32(height - adds)))
        height += 1 - adds
    }
    return chains
}
