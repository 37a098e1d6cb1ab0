import Diagnostics
import Testing

@testable import Deduplication

@Suite struct SimHashTests {
    @Test(arguments: [1, 2, 3, 254, 255, 256, 510, 511, 3000])
    func aBitIsWhatMostHashesHave(count: Int) throws {
        var random = Random(seed: UInt64(count))
        // Two draws joined by "or" now and then, so that bits are not all near one half.
        let hashes = (0..<count).map { _ in random.below(2) == 0 ? random.next() : random.next() | random.next() }
        var expected: UInt64 = 0
        for bit in 0..<64 where hashes.count(where: { $0 >> UInt64(bit) & 1 == 1 }) * 2 > count {
            expected |= 1 << UInt64(bit)
        }
        #expect(SimHasher(try SimHashParameters()).fingerprint(ofHashes: hashes) == expected)
    }

    @Test func punctuationAndCaseAreIgnored() throws {
        let hasher = SimHasher(try SimHashParameters())
        let a = hasher.fingerprint(of: Array("One, two; three: four - five six seven.".utf8))
        #expect(a == hasher.fingerprint(of: Array("one two three four five six SEVEN".utf8)))
        #expect(a != hasher.fingerprint(of: Array("one two three four five six eight".utf8)))
        #expect(hasher.fingerprint(of: Array(" - ".utf8)) == nil)
    }

    /// Random fingerprints, and others that differ from them in 0 to 7 bits.
    private static func fingerprints(_ count: Int, seed: UInt64) -> [UInt64] {
        var random = Random(seed: seed)
        var prints = [UInt64]()
        while prints.count < count {
            var print = prints.isEmpty || random.below(3) == 0 ? random.next() : prints[random.below(prints.count)]
            for _ in 0..<random.below(8) { print ^= 1 << UInt64(random.below(64)) }
            prints.append(print)
        }
        return prints
    }

    @Test(arguments: [(4, 6), (4, 8), (7, 8), (4, 5), (0, 1), (3, 4), (1, 16)])
    func findsEveryNearPair(distanceMax: Int, blocks: Int) throws {
        let prints = Array(Set(Self.fingerprints(700, seed: 21))).sorted()
        let index = SimHashIndex(try SimHashParameters(distanceMax: distanceMax, blocks: blocks))
        var found = [[Int]]()
        index.forEachNearPair(prints) { a, b, distance in
            #expect((prints[a] ^ prints[b]).nonzeroBitCount == distance)
            found.append([min(a, b), max(a, b)])
        }
        var expected = [[Int]]()
        for a in prints.indices {
            for b in a + 1..<prints.count where (prints[a] ^ prints[b]).nonzeroBitCount <= distanceMax {
                expected.append([a, b])
            }
        }
        found.sort { $0.lexicographicallyPrecedes($1) }
        #expect(found == expected)
        #expect(distanceMax == 0 || !expected.isEmpty)
    }

    @Test func clustersAreBruteForces() throws {
        let prints = Self.fingerprints(600, seed: 4)
        var clusters = DocumentClusters(count: prints.count)
        for a in prints.indices {
            for b in a + 1..<prints.count where (prints[a] ^ prints[b]).nonzeroBitCount <= 4 { clusters.join(a, b) }
        }
        var index = SimHashIndex(try SimHashParameters())
        var other = index
        for number in prints.indices.reversed() {
            if number % 3 == 0 {
                index.add(prints[number], document: number)
            } else {
                other.add(prints[number], document: number)
            }
        }
        index.merge(other)
        let duplicates = index.nearDuplicates()
        let expected = prints.indices.filter { clusters.smallest(of: $0) != $0 }
        #expect(duplicates.map(\.document) == expected)
        for duplicate in duplicates {
            #expect(duplicate.original == clusters.smallest(of: duplicate.document))
            let distance = (prints[duplicate.document] ^ prints[duplicate.resembles]).nonzeroBitCount
            #expect(distance <= 4 && duplicate.similarity == 1 - Double(distance) / 64)
        }
    }

    @Test(arguments: [(-1, 6), (4, 4), (16, 17), (4, 17), (4, 0)])
    func refusesParameters(distanceMax: Int, blocks: Int) {
        #expect(throws: Diagnostic.self) { try SimHashParameters(distanceMax: distanceMax, blocks: blocks) }
    }
}
