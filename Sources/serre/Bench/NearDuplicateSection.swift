import Deduplication
import Diagnostics
import Foundation
import Numerics
import Tables

/// How fast documents are compared, per thread; and which near-duplicates are found, for scripts/near-duplicates.
struct NearDuplicateSection {
    /// A file of texts separated by NUL bytes.
    let texts: String
    /// The setting of MinHash whose duplicates are printed with `--json`: words, bands, rows, threshold.
    let setting: MinHashParameters
    let repeats: Int
    let peer: String?

    func run(_ report: BenchReport) throws {
        guard let data = FileManager.default.contents(atPath: texts) else {
            throw Diagnostic("bench.texts", "the file of texts cannot be read", at: .init(file: texts))
        }
        let texts = [UInt8](data).split(separator: 0, omittingEmptySubsequences: true).map(Array.init)
        let bytes = texts.reduce(0) { $0 + $1.count }
        report.heading("deduplication of \(texts.count) texts, \(bytes) bytes, one thread")
        var table = TextTable(header: ["what", "MB/s", "datasketch", "ratio"], numeric: [1, 2, 3])
        var lines = [Line]()
        let process = try peer.map { command throws(Diagnostic) in
            try PeerProcess(command: command, arguments: [self.texts])
        }
        for (name, work) in try Self.stages(texts) {
            var own = [Double]()
            var beside = [Double]()
            for _ in 0..<repeats {
                let begin = threadSeconds()
                work()
                own.append(threadSeconds() - begin)
                if name == Self.besidePeer, let process { beside.append(try process.step()) }
            }
            let rate = { (seconds: [Double]) in Double(bytes) / median(seconds) / 1e6 }
            let line = Line(
                what: name, megabytesPerSecond: rate(own), peerMegabytesPerSecond: beside.isEmpty ? nil : rate(beside))
            lines.append(line)
            table.rows.append([
                name, fixed(line.megabytesPerSecond, 1), line.peerMegabytesPerSecond.map { fixed($0, 1) } ?? "",
                line.peerMegabytesPerSecond.map { fixed(line.megabytesPerSecond / $0, 1) } ?? "",
            ])
        }
        try report.show(table, lines)
        if report.json { try printDuplicates(texts) }
    }

    /// Reads `words,bands,rows,threshold`.
    static func setting(_ text: String) throws(Diagnostic) -> MinHashParameters {
        let parts = text.split(separator: ",")
        let numbers = parts.compactMap { Double($0) }
        guard parts.count == 4, numbers.count == 4, numbers.allSatisfy({ $0 > 0 && $0 < 1000 }) else {
            throw Diagnostic(
                "bench.minhash", "this is not a setting of MinHash", at: .init(key: "--minhash"),
                expected: "words,bands,rows,threshold", found: text)
        }
        return try MinHashParameters(
            shingling: Shingling(.words, length: max(1, Int(numbers[0]))), bands: Int(numbers[1]),
            rows: Int(numbers[2]), threshold: numbers[3])
    }

    private static let besidePeer = "MinHash signatures, words"

    /// The stages of the usual way to build a corpus.
    static let ofCorpus = ["exact documents", "template lines", "near-duplicates", "repeated substrings"]

    /// Each stage, over all texts.
    static func stages(_ texts: [[UInt8]]) throws(Diagnostic) -> [(String, () -> Void)] {
        let words = MinHasher(try MinHashParameters())
        let characters = MinHasher(try MinHashParameters(shingling: .characters))
        let simHash = SimHasher(try SimHashParameters())
        return [
            (
                "exact documents",
                {
                    var first = FirstOccurrences()
                    for (number, text) in texts.enumerated() {
                        if let key = DocumentIdentity.stripped.key(of: text) { _ = first.insert(key, document: number) }
                    }
                }
            ),
            (
                "template lines",
                {
                    var counter = LineCounter(.templates)
                    for text in texts { counter.add(text) }
                    let templates = counter.templates()
                    for var text in texts { templates.remove(from: &text) }
                }
            ),
            (besidePeer, { for text in texts { _ = words.signature(of: text) } }),
            (
                "near-duplicates",
                {
                    var index = MinHashIndex(words.parameters)
                    for (number, text) in texts.enumerated() {
                        if let signature = words.signature(of: text) { index.add(signature, document: number) }
                    }
                    _ = index.nearDuplicates()
                }
            ),
            ("MinHash signatures, characters", { for text in texts { _ = characters.signature(of: text) } }),
            ("SimHash fingerprints, words", { for text in texts { _ = simHash.fingerprint(of: text) } }),
            (
                "repeated substrings",
                {
                    var repeats = RepeatedSubstrings()
                    for var text in texts { repeats.remove(from: &text) }
                }
            ),
        ]
    }

    /// A line for each near-duplicate.
    private func printDuplicates(_ texts: [[UInt8]]) throws {
        let hasher = MinHasher(setting)
        var index = MinHashIndex(setting)
        for (number, text) in texts.enumerated() {
            if let signature = hasher.signature(of: text) { index.add(signature, document: number) }
        }
        for duplicate in index.nearDuplicates().duplicates {
            try Console.printJSON(
                Found(document: duplicate.document, original: duplicate.original, similarity: duplicate.similarity))
        }
    }

    private struct Found: Encodable {
        var document, original: Int
        var similarity: Double
    }

    private struct Line: Encodable {
        var what: String
        var megabytesPerSecond: Double
        var peerMegabytesPerSecond: Double?

        enum CodingKeys: String, CodingKey {
            case what
            case megabytesPerSecond = "megabytes_per_second"
            case peerMegabytesPerSecond = "peer_megabytes_per_second"
        }
    }
}

/// This thread's own time, which others on the machine lengthen little.
func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
