import Diagnostics
import Integrity
import Ledger
import Training

extension CheckpointNote {
    /// What the record keeps of a checkpoint that has been saved.
    init(_ saved: SavedCheckpoint) throws(Diagnostic) {
        let index = try CheckpointIndex.read(saved.folder)
        let own = try FileDigests(of: saved.folder + "/index.json")
        self.init(
            folder: saved.folder, step: index.step, samples: index.samples, stateDigest: index.stateDigest,
            files: index.files.map {
                File(name: $0.name, bytes: $0.bytes, sha256: $0.sha256, chunks: $0.chunkedDigest)
            },
            index: File(name: "index.json", bytes: own.chunks.bytes, sha256: own.digest.description),
            seconds: saved.seconds, blockedSeconds: saved.blockedSeconds)
    }
}
