import CKernels
import Testing

/// The matrix product of every instruction set against a slow one written for reading, bit for bit.
@Suite struct MatrixProductTests {
    @Test(arguments: Case.awkward)
    func equalsTheReference(_ given: Case) {
        let operands = given.operands(ordinary)
        let expected = given.reference(operands)
        for kernel in Kernel.all {
            #expect(mismatch(given.run(operands, on: kernel), expected) == nil, "\(kernel) \(given)")
        }
    }

    @Test func keepsSpecialValues() {
        var random = Draws(seed: 5)
        for _ in 0..<40 {
            let given = Case.drawn(&random)
            let operands = given.operands(special)
            let expected = given.reference(operands)
            for kernel in Kernel.all {
                #expect(mismatch(given.run(operands, on: kernel), expected) == nil, "\(kernel) \(given)")
            }
        }
    }

    /// Blocks of rows, of columns and of k, and pieces for workers, all have edges; these shapes cross each of them.
    @Test(arguments: [
        (400, 5, 9), (5, 2100, 3), (2, 300, 9000), (97, 129, 385), (64, 64, 768), (13, 700, 257), (211, 66, 40),
        // Several blocks of columns for each worker; chains just short of what is cut, and just past it.
        (7, 2500, 30), (26, 1700, 384), (130, 90, 576), (25, 70, 2408), (50, 40, 3080), (14, 34, 4616), (30, 90, 769),
    ])
    func wideKernelsEqualTheScalarOne(m: Int, n: Int, k: Int) {
        for (segments, isTransposed) in [(1, false), (8, true), (3, false)] {
            let given = Case(
                m: m, n: n, depth: k, aTransposed: isTransposed, bTransposed: !isTransposed, padding: 3,
                chains: segmentChains(segments, depth: k))
            let operands = given.operands(ordinary)
            let expected = given.run(operands, on: Kernel(isa: SERRE_ISA_SCALAR, workers: 1))
            for kernel in Kernel.all {
                #expect(mismatch(given.run(operands, on: kernel), expected) == nil, "\(kernel) \(given)")
            }
        }
    }

    /// Long chains in any order: what the tree still needs passes from one window of k to the next.
    @Test func wideKernelsEqualTheScalarOneOnLongChains() {
        var random = Draws(seed: 3)
        for _ in 0..<60 {
            let given = Case.drawn(&random, depthBelow: 2500)
            let operands = given.operands(ordinary)
            let expected = given.run(operands, on: Kernel(isa: SERRE_ISA_SCALAR, workers: 1))
            for kernel in Kernel.all where kernel.workers < 3 {
                #expect(mismatch(given.run(operands, on: kernel), expected) == nil, "\(kernel) \(given)")
            }
        }
    }

    @Test(arguments: [1, 2, 4, 8, 3, 6, 12])
    func segmentsAreTheTreeOverTheirChains(segments: Int) {
        let depth = segments * 5
        let given = Case(m: 7, n: 19, depth: depth, chains: segmentChains(segments, depth: depth))
        let operands = given.operands(ordinary)
        let leaves = (0..<segments).map { segment in
            var leaf = given
            leaf.chains = [serre_chain(begin: Int64(segment * 5), end: Int64(segment * 5 + 5), adds: 0, slot: 0)]
            leaf.hasBias = false
            return leaf.reference(operands)
        }
        let expected = tree(leaves)
        for kernel in Kernel.all {
            #expect(mismatch(given.run(operands, on: kernel), expected) == nil, "\(kernel)")
        }
    }

    @Test(arguments: [2, 4])
    func splittingSegmentsOverRanksChangesNoBit(ranks: Int) {
        let depth = 8 * 52
        let whole = Case(m: 31, n: 45, depth: depth, chains: segmentChains(8, depth: depth))
        let operands = whole.operands(ordinary)
        for kernel in Kernel.all {
            let parts = (0..<ranks).map { rank in
                var part = whole
                let own = depth / ranks
                part.chains = segmentChains(8 / ranks, depth: own, from: rank * own)
                return part.run(operands, on: kernel)
            }
            let expected = whole.run(operands, on: kernel)
            #expect(mismatch(tree(parts), expected) == nil, "\(kernel)")
        }
    }

    @Test func splittingRowsOrColumnsChangesNoBit() {
        let whole = Case(m: 53, n: 71, depth: 300, chains: segmentChains(4, depth: 300))
        let operands = whole.operands(ordinary)
        for kernel in Kernel.all {
            let expected = whole.run(operands, on: kernel)
            for cut in [1, 6, 17, 40, 52] {
                let above = whole.run(operands, on: kernel, rows: 0..<cut)
                let below = whole.run(operands, on: kernel, rows: cut..<53)
                #expect(mismatch(above + below, expected) == nil, "\(kernel) rows cut at \(cut)")
                let left = whole.run(operands, on: kernel, columns: 0..<cut)
                let right = whole.run(operands, on: kernel, columns: cut..<71)
                var joined: [Float] = []
                for row in 0..<53 {
                    joined += left[row * cut..<(row + 1) * cut]
                    joined += right[row * (71 - cut)..<(row + 1) * (71 - cut)]
                }
                #expect(mismatch(joined, expected) == nil, "\(kernel) columns cut at \(cut)")
            }
        }
    }

    /// Many leaves that wait at once make a block's records large, and its rows few.
    @Test func blocksCutByTheirRecordsChangeNoBit() {
        var waiting: [serre_chain] = []
        for leaf in 0..<7 as Range<Int32> {
            let begin = Int64(leaf) * 200
            waiting.append(serre_chain(begin: begin, end: begin + 200, adds: 0, slot: leaf))
        }
        waiting.append(serre_chain(begin: 1400, end: 1600, adds: 7, slot: 0))
        let whole = Case(m: 800, n: 500, depth: 1600, chains: waiting)
        let operands = whole.operands(ordinary)
        for kernel in Kernel.all where kernel.isa != SERRE_ISA_SCALAR && kernel.workers == 1 {
            let parts =
                whole.run(operands, on: kernel, rows: 0..<410) + whole.run(operands, on: kernel, rows: 410..<800)
            #expect(mismatch(whole.run(operands, on: kernel), parts) == nil, "\(kernel)")
        }
    }

    /// Workers take such blocks one by one, whichever is free.
    @Test func blocksOfRowsThatWorkersShareChangeNoBit() {
        var waiting: [serre_chain] = []
        for leaf in 0..<11 as Range<Int32> {
            let begin = Int64(leaf) * 270
            waiting.append(serre_chain(begin: begin, end: begin + 270, adds: 0, slot: leaf))
        }
        waiting.append(serre_chain(begin: 2970, end: 3300, adds: 11, slot: 0))
        let whole = Case(m: 2310, n: 470, depth: 3300, chains: waiting, hasBias: true)
        let operands = whole.operands(ordinary)
        for isa in [SERRE_ISA_AVX2, SERRE_ISA_AVX512] where Kernel.all.contains(where: { $0.isa == isa }) {
            let expected = whole.run(operands, on: Kernel(isa: isa, workers: 1))
            for workers in [2, 3] {
                let shared = whole.run(operands, on: Kernel(isa: isa, workers: workers))
                #expect(mismatch(shared, expected) == nil, "isa \(isa.rawValue), \(workers) workers")
            }
            let few = whole.run(operands, on: Kernel(isa: isa, workers: 1), rows: 1200..<1207)
            #expect(mismatch(Array(expected[1200 * 470..<1207 * 470]), few) == nil, "isa \(isa.rawValue)")
        }
    }

    /// Some of the slots between windows are the caller's, the others the kernel's, with chains cut or whole.
    @Test(arguments: [100, 300, 384, 577, 800, 1100], [1, 2, 3, 4])
    func longChainsWithSomeSlotsOfTheCaller(chain: Int, held: Int) {
        let given = Case(
            m: 38, n: 70, depth: 8 * chain, aTransposed: chain.isMultiple(of: 3),
            chains: segmentChains(8, depth: 8 * chain), hasBias: true)
        let operands = given.operands(ordinary)
        func slots(of kernel: Kernel) -> [[Float]] {
            let slots = Slots(count: given.slotCount, size: 38 * 70, held: 0..<min(held, given.slotCount))
            given.run(operands, on: kernel, into: slots)
            return (0..<slots.count).map { slots[$0] }
        }
        let expected = slots(of: Kernel(isa: SERRE_ISA_SCALAR, workers: 1))
        for kernel in Kernel.all where kernel.isa != SERRE_ISA_SCALAR {
            for (slot, (found, wanted)) in zip(slots(of: kernel), expected).enumerated() {
                #expect(mismatch(found, wanted) == nil, "\(kernel) slot \(slot)")
            }
        }
    }

    /// Lanes of samples: the chains of one tree arrive in several calls, and the slots between them are the caller's.
    @Test(arguments: [1, 3, 5, 7])
    func chainsMayArriveInSeveralCalls(cut: Int) {
        let depth = 8 * 41
        let whole = Case(m: 14, n: 37, depth: depth, aTransposed: true, chains: segmentChains(8, depth: depth))
        let operands = whole.operands(ordinary)
        for kernel in Kernel.all {
            let slots = Slots(count: whole.slotCount, size: 14 * 37, held: 0..<whole.slotCount)
            for chains in [whole.chains[..<cut], whole.chains[cut...]] {
                var part = whole
                part.chains = Array(chains)
                part.run(operands, on: kernel, into: slots)
            }
            let expected = whole.run(operands, on: kernel)
            #expect(mismatch(slots[0], expected) == nil, "\(kernel)")
        }
    }

    @Test func emptyProductsAndEmptyChains() {
        for kernel in Kernel.all {
            for (m, n) in [(0, 3), (3, 0)] {
                let given = Case(m: m, n: n, depth: 4, chains: segmentChains(1, depth: 4))
                #expect(given.run(given.operands(ordinary), on: kernel).isEmpty)
            }
            var given = Case(m: 8, n: 20, depth: 0, chains: [serre_chain(begin: 0, end: 0, adds: 0, slot: 0)])
            let sums = given.run(given.operands(ordinary), on: kernel)
            #expect(sums.map(\.bitPattern) == [UInt32](repeating: 0, count: 160))
            given.hasBias = true
            let operands = given.operands(ordinary)
            let biased = given.run(operands, on: kernel)
            #expect(biased.map(bits) == (0..<8).flatMap { _ in operands.bias.map { bits(0 + $0) } })
        }
    }

    @Test func writesNothingOutsideTheProduct() {
        for kernel in Kernel.all {
            let given = Case(m: 7, n: 18, depth: 9, padding: 5, chains: segmentChains(1, depth: 9))
            let ldc = 18 + 5
            let slots = Slots(count: 1, size: 7 * ldc, held: 0..<1, fill: 77)
            given.run(given.operands(ordinary), on: kernel, into: slots, ldc: ldc)
            for (index, value) in slots[0].enumerated() where index % ldc >= 18 {
                #expect(value == 77)
            }
        }
    }

    /// The operands end where readable memory ends, and so does the output.
    @Test func readsNothingPastTheOperands() throws {
        for (m, n, k) in [(6, 16, 8), (12, 32, 9), (13, 17, 3), (18, 31, 16), (1, 1, 1), (7, 40, 11)] {
            for transposition in 0..<4 {
                let given = Case(
                    m: m, n: n, depth: k, aTransposed: transposition & 1 != 0, bTransposed: transposition & 2 != 0,
                    chains: segmentChains(1, depth: k))
                let operands = given.operands(ordinary)
                let a = try GuardedValues(operands.a)
                let b = try GuardedValues(operands.b)
                let out = try GuardedValues([Float](repeating: 0, count: m * n))
                for kernel in Kernel.all {
                    given.run(a: a.values, b: b.values, on: kernel, into: out.values)
                    #expect(mismatch(out.copy(), given.reference(operands)) == nil, "\(kernel) \(given)")
                }
            }
        }
    }

    @Test func openBLASAgreesWithinRounding() throws {
        try #require(serre_blas_open(true, serre_isa_best()) == nil)
        #expect(try #require(serre_blas_config()).pointee != 0)
        for segments in [1, 8, 3] {
            for (aTransposed, bTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
                let given = Case(
                    m: 61, n: 130, depth: 240, aTransposed: aTransposed, bTransposed: bTransposed, padding: 2,
                    chains: segmentChains(segments, depth: 240), hasBias: true)
                let operands = given.operands(ordinary)
                let exact = given.run(operands, on: Kernel(isa: serre_isa_best(), workers: 1))
                let blas = given.run(operands, on: Kernel(isa: serre_isa_best(), workers: 2), byBLAS: true)
                let worst = zip(exact, blas).map { abs($0 - $1) }.max() ?? 0
                #expect(worst < 1e-4 && worst > 0, "\(given)")
            }
        }
    }
}
