import CKernels
import Testing

/// Attention over kept keys and values: the rows of a whole pass, bit for bit, in however many parts a text is read.
@Suite struct AttentionKeptTests {
    /// Positions at which a text's reading is interrupted.
    static let cuts: [[Int]] = [[], [1], [16], [5, 6, 7], [15, 17, 40]]

    @Test(arguments: AttentionTests.cases)
    func partsOfTexts(test: AttentionCase) {
        let expected = test.reference().out
        for cuts in Self.cuts {
            expectEverywhere(expected, "cut at \(cuts)") { test.inParts(cuts, $0) }
        }
    }

    /// Several blocks of queries, where the slow reference would take too long.
    @Test func longTexts() {
        let test = AttentionCase(samples: 2, sequence: 200, heads: 4, groups: 2, size: 40, hasBias: false)
        let expected = Kernel(isa: SERRE_ISA_SCALAR, workers: 1).withContext { test.forward($0).out }
        for cuts in [[], [100], [31, 32, 33, 150, 199]] {
            expectEverywhere(expected, "cut at \(cuts)") { test.inParts(cuts, $0) }
        }
    }
}

extension AttentionCase {
    /// The outputs when all samples, as texts whose places are not in their order, are read in the same parts.
    func inParts(_ cuts: [Int], _ context: OpaquePointer) -> [Float] {
        let ends = cuts.filter { $0 < sequence } + [sequence]
        let perText = groups * ((sequence + 31) / 32 * 32 * size + sequence * ((size + 15) / 16 * 16))
        // Sevens: what is not there yet must not be seen. Kernels store whole vectors, so that the place is aligned.
        let kept = UnsafeMutableRawPointer.allocate(byteCount: 4 * perText * samples, alignment: 64)
        defer { kept.deallocate() }
        let places = kept.bindMemory(to: Float.self, capacity: perText * samples)
        places.update(repeating: 7, count: perText * samples)
        var out = [Float](repeating: 7, count: samples * sequence * ldOut)
        var start = 0
        for end in ends {
            let count = end - start
            var texts = [Int32](repeating: 0, count: 4)  // One without rows.
            var rows: [Float] = []
            for sample in 0..<samples {
                texts += [samples - 1 - sample, start, sample * count, count].map(Int32.init)
                rows += qkv[(sample * sequence + start) * ld..<(sample * sequence + end) * ld]
            }
            var found = [Float](repeating: 7, count: samples * count * ldOut)
            serre_attention_kept(
                context, Int64(samples + 1), texts, Int64(sequence), Int64(heads), Int64(groups), Int64(size), rows,
                Int64(ld), slopes, scale, places, Int64(perText), &found, Int64(ldOut))
            for sample in 0..<samples {
                out.replaceSubrange(
                    (sample * sequence + start) * ldOut..<(sample * sequence + end) * ldOut,
                    with: found[sample * count * ldOut..<(sample + 1) * count * ldOut])
            }
            start = end
        }
        return out
    }
}
