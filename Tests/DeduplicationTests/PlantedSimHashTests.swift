import Testing

@testable import Deduplication

/// SimHash on the planted copies of scripts/near-duplicates.
@Suite struct PlantedSimHashTests {
    private static let planted = PlantedTexts(
        originals: 1000, words: 300, seed: 11, editRates: [0.002, 0.005, 0.01, 0.02, 0.05])

    private struct Golden: Sendable {
        var shingling: Shingling
        var counts: [Int]
        var bits: [Int]
    }

    /// Copies found for each edit rate (0.2, 0.5, 1, 2, 5 %) among 1,000, and the sum of bits between an original and its
    /// copy. For the same texts, features and distance scripts/near-duplicates prints 800, 527, 309, 91, 2 and 975, 928, 805,
    /// 564, 195 for simhash 2.1.2, and as means of bits 2.02, 4.37, 6.54, 9.56, 15.14 and 0.94, 2.09, 3.20, 4.79, 7.48; angles
    /// between counts of features give 2.03, 4.33, 6.56, 9.61, 15.09 and 0.98, 2.10, 3.18, 4.70, 7.54.
    @Test(arguments: [
        Golden(
            shingling: Shingling(.words, length: 6), counts: [822, 576, 317, 94, 1],
            bits: [1938, 4162, 6414, 9385, 15187]),
        Golden(
            shingling: Shingling(.characters, length: 6), counts: [972, 923, 799, 591, 207],
            bits: [958, 2093, 3239, 4751, 7524]),
    ])
    private func findsPlantedCopies(golden: Golden) throws {
        let hasher = SimHasher(try SimHashParameters(shingling: golden.shingling))
        var index = SimHashIndex(hasher.parameters)
        let prints = try Self.planted.texts.map { try #require(hasher.fingerprint(of: $0)) }
        for (number, print) in prints.enumerated() { index.add(print, document: number) }
        let duplicates = index.nearDuplicates()
        let family = Self.planted.perOriginal
        #expect((1..<family).map { copy in duplicates.count { $0.document % family == copy } } == golden.counts)
        #expect(duplicates.allSatisfy { $0.original / family == $0.document / family })
        let bits = (1..<family).map { copy in
            stride(from: 0, to: prints.count, by: family).reduce(0) { sum, original in
                sum + (prints[original] ^ prints[original + copy]).nonzeroBitCount
            }
        }
        #expect(bits == golden.bits)
    }

    @Test func theDefaultIsWhatIsComparedWithAPeer() throws {
        let compared = try SimHashParameters(shingling: Shingling(.words, length: 6), distanceMax: 4, blocks: 6)
        #expect(try SimHashParameters() == compared)
    }
}
