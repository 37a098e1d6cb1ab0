import Diagnostics
import Training

/// What the record keeps of a checkpoint: enough to recognise its files, not where each piece of a tensor lies.
struct CheckpointNote: Encodable {
    private var folder: String
    private var step, samples: Int
    private var stateDigest: String
    private var files: [File]

    private struct File: Encodable {
        var name, sha256: String
        var bytes: Int
    }

    init(_ folder: String) throws(Diagnostic) {
        let index = try CheckpointIndex.read(folder)
        self.folder = folder
        (step, samples, stateDigest) = (index.step, index.samples, index.stateDigest)
        files = index.files.map { File(name: $0.name, sha256: $0.sha256, bytes: $0.bytes) }
    }

    func json() throws(Diagnostic) -> String { try Console.json(self) + "\n" }

    private enum CodingKeys: String, CodingKey {
        case folder, step, samples, files
        case stateDigest = "state_digest"
    }
}
