import Diagnostics
import Foundation
import Integrity
import Ledger

/// What the exports say of a run, read once from its record.
public struct ExportedRun: Sendable {
    /// The whole record.
    public let record: RunRecord
    /// The files of the record with their content, sorted by path; those below `code/` are left out.
    let files: [File]
    /// The metrics lines in ascending order of steps; of a step done again, the last version.
    let steps: [JSONTree]
    /// Who the newest commit says recorded the run.
    let author: String
    /// SHA-256 of the newest commit's bytes.
    let tipDigest: Digest

    /// A file of the record.
    struct File: Sendable {
        var path: String
        var content: [UInt8]
        var blob: String
        var digest: Digest
    }

    /// Reads the record of a run.
    public init(_ run: RunID, from ledger: Ledger) throws(Diagnostic) {
        record = try ledger.read(run)
        var files = [File]()
        for file in record.files {
            let content = try ledger.file(run, file.path) ?? []
            files.append(
                File(path: file.path, content: content, blob: file.blob, digest: SHA256.digest(of: content)))
        }
        self.files = files
        let lines = try ledger.metrics(run).map { Self.tree(Array($0.utf8)) }
        steps = Ledger.lastVersions(lines.compactMap { line in line.step.map { (step: $0, line: line) } })
        let commit = try ledger.commitBytes(record.summary.tip)
        author = Self.author(of: commit)
        tipDigest = SHA256.digest(of: commit)
    }

    var run: String { record.summary.run.text }
    var manifest: RecordManifest { record.manifest }
    var tip: String { record.summary.tip }

    /// The start and the time of the newest event that training caused, in UTC.
    var startTime: Date { record.summary.started }
    var endTime: Date {
        let training: [EventKind] = [.start, .segment, .checkpoint, .evaluation, .incident, .resume, .end]
        return record.events.last { training.contains($0.kind) }?.time ?? startTime
    }

    func file(_ path: String) -> File? { files.first { $0.path == path } }

    /// A JSON file of the record; `null` when it has none or the file is not JSON.
    func json(_ path: String) -> JSONTree { file(path).map { Self.tree($0.content) } ?? .null }

    /// The JSON files in a folder such as `checkpoints/`, in order of their names.
    func jsonFiles(in folder: String) -> [JSONTree] {
        files.filter { $0.path.hasPrefix(folder) && $0.path.hasSuffix(".json") }.map { Self.tree($0.content) }
    }

    /// The newest checkpoint that the record tells of; `nil` when none was saved.
    var lastCheckpoint: Checkpoint? {
        jsonFiles(in: "checkpoints/").compactMap(Checkpoint.init).max { $0.step < $1.step }
    }

    /// A checkpoint's files, by the digests that the record has of them.
    struct Checkpoint {
        var step: Int
        var stateDigest: String
        var files: [(name: String, sha256: String, bytes: String)]

        init?(_ note: JSONTree) {
            guard case .integer(let step)? = note["step"], let digest = note["state_digest"]?.text else { return nil }
            self.step = Int(step)
            stateDigest = digest
            files = (note["files"]?.elements ?? []).compactMap { file in
                guard let name = file["name"]?.text, let digest = file["sha256"]?.text else { return nil }
                return (name, bare(digest), file["bytes"]?.text ?? "")
            }
        }
    }

    /// The data's files, by the digests of the data manifest.
    var dataFiles: [(name: String, sha256: String)] {
        let manifest = json("data/manifest.json")
        return ["shards", "files", "tables"].flatMap { manifest[$0]?.elements ?? [] }.compactMap { entry in
            guard let name = (entry["file"] ?? entry["path"] ?? entry["name"])?.text,
                let digest = entry["sha256"]?.text
            else { return nil }
            return (name, bare(digest))
        }
    }

    private static func tree(_ content: [UInt8]) -> JSONTree {
        (try? JSONDecoder().decode(JSONTree.self, from: Data(content))) ?? .null
    }

    /// The name in the commit's `author` line, without the address.
    private static func author(of commit: [UInt8]) -> String {
        for line in String(decoding: commit, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty { break }
            if line.hasPrefix("author "), let end = line.range(of: " <") {
                return String(line[..<end.lowerBound].dropFirst("author ".count))
            }
        }
        return "unknown"
    }
}

/// A digest's digits without `sha256:`.
func bare(_ digest: String) -> String {
    digest.hasPrefix("sha256:") ? String(digest.dropFirst("sha256:".count)) : digest
}

/// A time in UTC to the second, as ISO 8601 with the given zone designator.
func utc(_ time: Date, zone: String = "Z") -> String {
    var seconds = time_t(time.timeIntervalSince1970.rounded(.down))
    var civil = tm()
    gmtime_r(&seconds, &civil)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(civil.tm_year + 1900)-\(two(civil.tm_mon + 1))-\(two(civil.tm_mday))"
    return "\(day)T\(two(civil.tm_hour)):\(two(civil.tm_min)):\(two(civil.tm_sec))\(zone)"
}

/// What every export says of its own worth.
let claim = """
    Written from the run's record by Serre. The record can be falsified by replaying the run; \
    it does not prove that the machine which ran it was honest.
    """

extension JSONTree {
    /// The step that a line or a note is about.
    var step: Int? { if case .integer(let step)? = self["step"] { Int(exactly: step) } else { nil } }
}
