import Deduplication
import Diagnostics
import Foundation

/// Which near-duplicates `serre bench --section near-duplicates --json` prints.
enum NearDuplicateSetting {
    case minhash(MinHashParameters)
    case simhash(SimHashParameters)

    /// Reads `words,bands,rows,threshold`.
    init(minhash text: String) throws(Diagnostic) {
        let parts = text.split(separator: ",")
        let numbers = parts.compactMap { Double($0) }
        guard parts.count == 4, numbers.count == 4, numbers.allSatisfy({ $0 > 0 && $0 < 1000 }) else {
            throw Diagnostic(
                "bench.minhash", "this is not a setting of MinHash", at: .init(key: "--minhash"),
                expected: "words,bands,rows,threshold", found: text)
        }
        self = .minhash(
            try MinHashParameters(
                shingling: Shingling(.words, length: max(1, Int(numbers[0]))), bands: Int(numbers[1]),
                rows: Int(numbers[2]), threshold: numbers[3]))
    }

    /// Reads `unit,length,bits,blocks`.
    init(simhash text: String) throws(Diagnostic) {
        let parts = text.split(separator: ",")
        let numbers = parts.dropFirst().compactMap { Int($0) }
        guard parts.count == 4, numbers.count == 3, let unit = Shingling.Unit(rawValue: String(parts[0])),
            (1..<1000).contains(numbers[0])
        else {
            throw Diagnostic(
                "bench.simhash", "this is not a setting of SimHash", at: .init(key: "--simhash"),
                expected: "words or characters, then length,bits,blocks", found: text)
        }
        self = .simhash(
            try SimHashParameters(
                shingling: Shingling(unit, length: numbers[0]), distanceMax: numbers[1], blocks: numbers[2]))
    }

    /// A line for each near-duplicate; for SimHash one for each fingerprint before them.
    func printDuplicates(among texts: [[UInt8]]) throws {
        switch self {
        case .minhash(let parameters):
            let hasher = MinHasher(parameters)
            var index = MinHashIndex(parameters)
            for (number, text) in texts.enumerated() {
                if let signature = hasher.signature(of: text) { index.add(signature, document: number) }
            }
            try Self.print(index.nearDuplicates().duplicates)
        case .simhash(let parameters):
            let hasher = SimHasher(parameters)
            var index = SimHashIndex(parameters)
            for (number, text) in texts.enumerated() {
                guard let fingerprint = hasher.fingerprint(of: text) else { continue }
                index.add(fingerprint, document: number)
                try Console.printJSON(
                    Fingerprint(document: number, fingerprint: String(format: "%016llx", fingerprint)))
            }
            try Self.print(index.nearDuplicates())
        }
    }

    private static func print(_ duplicates: [NearDuplicate]) throws {
        for duplicate in duplicates {
            try Console.printJSON(
                Found(document: duplicate.document, original: duplicate.original, similarity: duplicate.similarity))
        }
    }

    private struct Found: Encodable {
        var document, original: Int
        var similarity: Double
    }

    /// Hexadecimal, since readers of JSON round large numbers.
    private struct Fingerprint: Encodable {
        var document: Int
        var fingerprint: String
    }
}
