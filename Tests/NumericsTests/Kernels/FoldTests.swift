import CKernels
import Testing

/// Folds of stored leaves and column sums against their definitions, bit for bit.
@Suite struct FoldTests {
    @Test(arguments: [1, 2, 3, 4, 6, 8, 12, 24, 7])
    func foldIsTheTree(segments: Int) {
        for count in [1, 5, 1024, 3001, 40_000] {
            let leaves = drawn(segments * count, seed: UInt64(count))
            let expected = tree((0..<segments).map { Array(leaves[$0 * count..<($0 + 1) * count]) })
            for kernel in Kernel.all {
                let slots = Slots(count: 1, size: count, held: 0..<1)
                kernel.withContext {
                    serre_fold($0, Int64(count), Int64(segments), leaves, slots.pointers, 0, 0)
                }
                #expect(mismatch(slots[0], expected) == nil, "\(kernel) \(count)")
            }
        }
    }

    /// Eight leaves pushed one by one into the caller's slots, as lanes arrive.
    @Test func foldsPushedOneByOneAreTheTree() {
        let count = 2500
        let leaves = (0..<8).map { drawn(count, seed: UInt64($0)) }
        for kernel in Kernel.all {
            let slots = Slots(count: 4, size: count, held: 0..<4)
            kernel.withContext { context in
                for (leaf, chain) in zip(leaves, segmentChains(8, depth: 8)) {
                    serre_fold(context, Int64(count), 1, leaf, slots.pointers, chain.adds, chain.slot)
                }
            }
            #expect(mismatch(slots[0], tree(leaves)) == nil, "\(kernel)")
        }
    }

    @Test(arguments: [(1, 1), (3, 70), (24, 40), (200, 1500)])
    func columnSumsAreChainsThenTheTree(rows: Int, columns: Int) {
        let ld = columns + 3
        let dy = drawn(rows * ld, seed: 11)
        for segments in [1, 2, 3, 8] {
            let chains = segmentChains(segments, depth: rows)
            let leaves = chains.map { chain in
                (0..<columns).map { j in
                    (Int(chain.begin)..<Int(chain.end)).reduce(Float(0)) { $0 + dy[$1 * ld + j] }
                }
            }
            for kernel in Kernel.all {
                // One call with slots of its own, then two calls over the caller's slots.
                let once = Slots(count: 4, size: columns, held: 0..<1)
                let twice = Slots(count: 4, size: columns, held: 0..<4)
                let cut = segments / 2
                kernel.withContext { context in
                    serre_column_sums(
                        context, Int64(columns), dy, Int64(ld), chains, Int64(segments), once.pointers, 4)
                    for part in [Array(chains[..<cut]), Array(chains[cut...])] {
                        serre_column_sums(
                            context, Int64(columns), dy, Int64(ld), part, Int64(part.count), twice.pointers, 4)
                    }
                }
                #expect(mismatch(once[0], tree(leaves)) == nil, "\(kernel) \(segments)")
                #expect(mismatch(twice[0], tree(leaves)) == nil, "\(kernel) \(segments)")
            }
        }
    }

    @Test func keepsSubnormalsAndSignedZeros() {
        let (small, larger) = (Float(bitPattern: 71_362), Float(bitPattern: 142_724))
        let leaves: [Float] = [-0.0, small, -0.0, larger]
        for kernel in Kernel.all {
            let slots = Slots(count: 1, size: 2, held: 0..<1)
            kernel.withContext { serre_fold($0, 2, 2, leaves, slots.pointers, 0, 0) }
            #expect(slots[0][0].sign == .minus && slots[0][0] == 0)
            #expect(slots[0][1].bitPattern == 214_086)
            // A chain starts at +0, and +0 + −0 is +0.
            let chain = [serre_chain(begin: 0, end: 1, adds: 0, slot: 0)]
            kernel.withContext { serre_column_sums($0, 2, leaves, 2, chain, 1, slots.pointers, 1) }
            #expect(slots[0][0].sign == .plus)
        }
    }

    private func drawn(_ count: Int, seed: UInt64) -> [Float] {
        var draws = Draws(seed: seed)
        return (0..<count).map { _ in ordinary(&draws) }
    }
}
