import Diagnostics
import Training

/// What the record keeps of a checkpoint: enough to recognise its files, not where each piece of a tensor lies.
struct CheckpointNote: Encodable {
    private var folder: String
    private var step, samples: Int
    private var stateDigest: String
    private var files: [File]
    private var seconds, blockedSeconds: Double

    private struct File: Encodable {
        var name, sha256: String
        var bytes: Int
    }

    init(_ saved: SavedCheckpoint) throws(Diagnostic) {
        let index = try CheckpointIndex.read(saved.folder)
        folder = saved.folder
        (seconds, blockedSeconds) = (saved.seconds, saved.blockedSeconds)
        (step, samples, stateDigest) = (index.step, index.samples, index.stateDigest)
        files = index.files.map { File(name: $0.name, sha256: $0.sha256, bytes: $0.bytes) }
    }

    func json() throws(Diagnostic) -> String { try Console.json(self) + "\n" }

    private enum CodingKeys: String, CodingKey {
        case folder, step, samples, files, seconds
        case blockedSeconds = "blocked_seconds"
        case stateDigest = "state_digest"
    }
}
