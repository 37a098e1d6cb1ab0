import Deduplication
import Diagnostics
import Foundation
import Numerics
import Tables

/// How fast documents are compared, per thread; and which near-duplicates are found, for scripts/near-duplicates.
struct NearDuplicateSection {
    /// A file of texts separated by NUL bytes.
    let texts: String
    /// The setting whose duplicates are printed with `--json`.
    let setting: NearDuplicateSetting
    let repeats: Int
    let peer: String?

    func run(_ report: BenchReport) throws {
        guard let data = FileManager.default.contents(atPath: texts) else {
            throw Diagnostic("bench.texts", "the file of texts cannot be read", at: .init(file: texts))
        }
        let texts = [UInt8](data).split(separator: 0, omittingEmptySubsequences: true).map(Array.init)
        let bytes = texts.reduce(0) { $0 + $1.count }
        report.heading("deduplication of \(texts.count) texts, \(bytes) bytes, one thread")
        var table = TextTable(header: ["what", "MB/s", "peer", "MB/s", "ratio"], numeric: [1, 3, 4])
        var lines = [Line]()
        for (name, work) in try Self.stages(texts) {
            let process = try Self.besidePeer[name].flatMap { method throws(Diagnostic) in
                try peer.map { command throws(Diagnostic) in
                    try PeerProcess(command: command, arguments: [self.texts, method])
                }
            }
            var own = [Double]()
            var beside = [Double]()
            for _ in 0..<repeats {
                let begin = threadSeconds()
                work()
                own.append(threadSeconds() - begin)
                if let process { beside.append(try process.step()) }
            }
            let rate = { (seconds: [Double]) in Double(bytes) / median(seconds) / 1e6 }
            let line = Line(
                what: name, megabytesPerSecond: rate(own), peer: process?.description,
                peerMegabytesPerSecond: beside.isEmpty ? nil : rate(beside))
            lines.append(line)
            table.rows.append([
                name, fixed(line.megabytesPerSecond, 1), line.peer ?? "",
                line.peerMegabytesPerSecond.map { fixed($0, 1) } ?? "",
                line.peerMegabytesPerSecond.map { fixed(line.megabytesPerSecond / $0, 1) } ?? "",
            ])
        }
        try report.show(table, lines)
        if report.json { try setting.printDuplicates(among: texts) }
    }

    /// What a peer is asked for beside a stage of ours: the word after the file of texts.
    private static let besidePeer = [minhash: "minhash", simhash: "simhash"]
    private static let minhash = "MinHash signatures, words"
    private static let simhash = "SimHash fingerprints, words"

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
            (minhash, { for text in texts { _ = words.signature(of: text) } }),
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
            (simhash, { for text in texts { _ = simHash.fingerprint(of: text) } }),
            (
                "repeated substrings",
                {
                    var repeats = RepeatedSubstrings()
                    for var text in texts { repeats.remove(from: &text) }
                }
            ),
        ]
    }

    private struct Line: Encodable {
        var what: String
        var megabytesPerSecond: Double
        var peer: String?
        var peerMegabytesPerSecond: Double?

        enum CodingKeys: String, CodingKey {
            case what, peer
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
