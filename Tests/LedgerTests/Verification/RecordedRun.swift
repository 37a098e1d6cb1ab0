import Foundation
import Integrity
import Storage
import Testing

@testable import Ledger

/// A run with everything that a verification looks at: recipe, corpus, metrics, two checkpoints of two files.
final class RecordedRun {
    let git: GitFixture
    let run: RunID
    /// The run's folder.
    let folder: String
    private(set) var corpus: [StoredFile] = []

    static let segments = 3
    static let stepsPerSegment = 10
    static let chunkBytes = 16 << 10

    init() throws {
        git = try GitFixture()
        try git.makeRepository()
        folder = git.root + "/runs/one"
        let recipe = "name: nano\n"
        try git.write(recipe, to: "runs/one/recipe.yaml")
        var random = SplitMix(seed: 1)
        for name in ["train-en-000.tokens", "train-fr-000.tokens"] {
            try AtomicFile.write(random.bytes(5000), to: "\(git.root)/\(name)")
            let path = "\(git.root)/\(name)"
            corpus.append(StoredFile(digest: try FileDigests(of: path).digest, bytes: 5000, path: path, name: name))
        }
        let data = Array("{\"shards\": []}\n".utf8)
        var manifest = nanoManifest()
        manifest.recipeDigest = SHA256.digest(of: Array(recipe.utf8)).description
        manifest.dataDigest = SHA256.digest(of: data).description
        let ledger = try git.ledger()
        run = try ledger.begin(
            manifest,
            files: [
                RecordFile(path: "recipe.yaml", text: recipe), RecordFile(path: "data/manifest.json", content: data),
            ],
            at: start
        ).run
        for segment in 0..<Self.segments {
            let steps = segment * Self.stepsPerSegment + 1...(segment + 1) * Self.stepsPerSegment
            let lines = steps.map { Self.line($0) }
            _ = try ledger.append(
                RunEvent(.segment, step: steps.upperBound, files: [.metrics(steps: steps, lines: lines)]), to: run,
                at: start)
            if segment > 0 {
                let note = try checkpoint(steps.upperBound, &random)
                _ = try ledger.append(
                    RunEvent(
                        .checkpoint, step: steps.upperBound, digest: note.stateDigest, files: note.recordFiles()),
                    to: run, at: start)
            }
        }
        _ = try ledger.append(
            RunEvent(.end, step: Self.segments * Self.stepsPerSegment, digest: Self.digest(30)), to: run, at: start)
    }

    static func digest(_ step: Int) -> String { SHA256.digest(of: [UInt8(step)]).description }

    static func line(_ step: Int, loss: Double? = nil) -> String {
        let (exact, norm) = (4 / Double(step), 1 / Double(step + 1))
        let bits = [exact, norm, 0].map { value in
            let digits = String(value.bitPattern, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return "{\"fingerprint\":\"\(bits.joined(separator: "-"))\",\"gradient_norm\":\(norm),"
            + "\"loss\":\(loss ?? exact),\"step\":\(step)}"
    }

    private func checkpoint(_ step: Int, _ random: inout SplitMix) throws -> CheckpointNote {
        let place = "\(folder)/checkpoints/step-\(padded(step, 8))"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var (files, lines): ([CheckpointNote.File], [String]) = ([], [])
        for rank in 0..<2 {
            let name = "rank-0000\(rank).safetensors"
            try AtomicFile.write(random.bytes(100_000), to: "\(place)/\(name)")
            let found = try FileDigests(of: "\(place)/\(name)", chunkBytes: Self.chunkBytes)
            files.append(.init(name: name, bytes: 100_000, sha256: found.digest.description, chunks: found.chunks))
            let leaves = found.chunks.leaves.map { "\"\($0.hex)\"" }.joined(separator: ",")
            lines.append(
                "{\"name\":\"\(name)\",\"bytes\":100000,\"chunk_bytes\":\(Self.chunkBytes),\"chunks\":[\(leaves)]}")
        }
        try AtomicFile.write("{\"files\":[\(lines.joined(separator: ","))]}\n", to: place + "/index.json")
        let own = try FileDigests(of: place + "/index.json")
        return CheckpointNote(
            folder: place, step: step, samples: 4 * step, stateDigest: Self.digest(step), files: files,
            index: .init(name: "index.json", bytes: own.chunks.bytes, sha256: own.digest.description), seconds: 1,
            blockedSeconds: 0.5)
    }

    func verifyRecord() throws -> VerificationReport { try git.ledger().verifyRecord(run) }

    func verifyInputs() throws -> VerificationReport {
        var inputs = RunInputs(folder: folder, serre: .init(version: "0.1.0"))
        inputs.corpus = corpus
        return try git.ledger().verifyInputs(run, inputs)
    }

    var reference: String { "\(git.root)/repo/.git/refs/serre/runs/\(run)" }

    func objectPath(_ id: String) -> String { "\(git.root)/repo/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))" }

    /// The ids of the record's objects of a kind, sorted.
    func objects(_ kind: ObjectKind) throws -> [String] {
        let all = try git.git("rev-list", "--objects", "--no-object-names", "refs/serre/runs/\(run)")
        let ids = all.split(separator: "\n").map(String.init)
        return try ids.filter { try git.git("cat-file", "-t", $0) == kind.rawValue }.sorted()
    }

    func blob(_ path: String) throws -> String { try git.git("rev-parse", "refs/serre/runs/\(run):\(path)") }
}

/// Numbers that a seed decides.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
