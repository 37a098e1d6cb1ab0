import Corpora
import Diagnostics
import Testing

@Suite struct BlendTests {
    /// Shares of one to forty-six parts: even, uneven, with a part that is rare, and those of the ROOTS corpus in training
    /// (percent times 10,000, by language family where the corpus was sampled so).
    static let mixtures: [[UInt64]] = [
        [1], [1, 1], [1, 2], [999_999, 1], [1, 999_999], [3, 3, 3], [5, 1, 1, 1, 1, 1, 1],
        .init(repeating: 7, count: 46),
        (1...46).map { 1 << UInt64($0) }, [1 << 61, 1, 1 << 60],
        [
            221_710, 81_370, 130_540, 130_270, 120_920, 55_290, 520, 106_680, 49_540, 33_070, 24_620, 11_240, 10_920,
            7_470, 5_490, 2_110, 1_560, 1_245, 1_030, 910, 670, 620, 510, 500, 400, 360, 316, 110,
        ],
    ]

    @Test(arguments: mixtures) func `after any number of samples each part has its share to within a block`(
        shares: [UInt64]
    ) {
        let blend = Blend(shares: shares, seed: 11)
        let whole = shares.reduce(0.0) { $0 + Double($1) }
        var counts = [Int](repeating: 0, count: shares.count)
        for sample in 0..<20 * Blend.blockSize {
            counts[blend.place(ofSample: sample).part] += 1
            // At the end of a block by much less: a sample for each level of the tree.
            let isEnd = (sample + 1) % Blend.blockSize == 0
            let bound = isEnd ? 7.0 : Double(Blend.blockSize)
            for (part, share) in shares.enumerated() {
                let fair = Double(share) / whole * Double(sample + 1)
                #expect(abs(Double(counts[part]) - fair) < bound, "part \(part) after \(sample + 1) samples")
            }
        }
        #expect(blend.counts(ofFirst: 20 * Blend.blockSize) == counts)
    }

    @Test(arguments: mixtures) func `the samples of a part are numbered without gaps`(shares: [UInt64]) {
        let blend = Blend(shares: shares, seed: 5)
        var seen = [[Int]](repeating: [], count: shares.count)
        for sample in 0..<6 * Blend.blockSize + 77 {
            let (part, index) = blend.place(ofSample: sample)
            seen[part].append(index)
        }
        for (part, indices) in seen.enumerated() {
            // Numbers of the last, unfinished block may still be missing between those that are there.
            #expect(Set(indices).count == indices.count)
            let whole = blend.counts(ofFirst: 6 * Blend.blockSize)[part]
            #expect(Set(indices).isSuperset(of: 0..<whole))
        }
        #expect(blend.counts(ofFirst: 6 * Blend.blockSize + 77) == seen.map(\.count))
    }

    @Test(arguments: mixtures) func `answers do not depend on what was asked before`(shares: [UInt64]) {
        let blend = Blend(shares: shares, seed: 9)
        func answers(_ samples: [Int]) -> [Int: [Int]] {
            var answers: [Int: [Int]] = [:]
            for sample in samples {
                let place = blend.place(ofSample: sample)
                answers[sample] = [place.part, place.index]
            }
            return answers
        }
        let samples = (0..<3000).map { $0 * 7919 % 50_000 } + [1 << 40, 1 << 50]
        #expect(answers(samples) == answers(samples.reversed()))
    }

    @Test func `very late samples keep the shares`() {
        let shares: [UInt64] = [1 << 40, 3, 1 << 39, 12345]
        let blend = Blend(shares: shares, seed: 1)
        let samples = 1 << 50
        let counts = blend.counts(ofFirst: samples)
        #expect(counts.reduce(0, +) == samples)
        let whole = shares.reduce(0.0) { $0 + Double($1) }
        for (count, share) in zip(counts, shares) {
            #expect(abs(Double(count) - Double(share) / whole * Double(samples)) < 3)
        }
    }

    @Test func `parts alternate as if drawn`() {
        // In a mixture of halves, the samples after which the part changes are about half of all.
        let blend = Blend(shares: [1, 1], seed: 4)
        let parts = (0..<10_240).map { blend.place(ofSample: $0).part }
        let changes = zip(parts, parts.dropFirst()).count { $0 != $1 }
        #expect(abs(changes - 5120) < 5 * 51)  // five standard deviations
    }
}
