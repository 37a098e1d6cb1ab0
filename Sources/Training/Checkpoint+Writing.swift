import Diagnostics
import Foundation
import Integrity
import Numerics

extension Checkpoint {
    /// Writes a checkpoint while training waits: every rank its own pieces, then the lead host the index; returns its folder.
    ///
    /// When any host fails, all hosts throw and the partial folder is removed.
    static func write(
        _ executor: Executor, step: Int, samples: Int, digest: Digest, history: GuardHistory? = nil,
        beganFromSeed: Bool = false, in run: RunFolder
    ) throws(Diagnostic) -> String {
        let save = try CheckpointSave(
            executor, step: step, samples: samples, history: history, beganFromSeed: beganFromSeed, in: run)
        let fabric = executor.fabric
        var mine: [CheckpointIndex.File] = []
        let replies = try CheckpointSave.together(fabric, onFailure: save.discard) { () throws(Diagnostic) in
            mine = try save.writeFiles(executor.ownedPieces, of: fabric.localRanks)
            return CheckpointIndex.encoded(mine)
        }
        var files: [CheckpointIndex.File] = []
        for (host, reply) in replies.enumerated() {
            files += host == fabric.host ? mine : try CheckpointIndex.files(reply[...])
        }
        try CheckpointSave.together(fabric, onFailure: save.discard) { () throws(Diagnostic) in
            if fabric.host == 0 { try save.name(files, digest: digest) }
            return []
        }
        return save.folder
    }
}

extension CheckpointIndex {
    /// The list of files that a host told.
    static func files(_ json: ArraySlice<UInt8>) throws(Diagnostic) -> [File] {
        do {
            return try JSONDecoder().decode([File].self, from: Data(json))
        } catch {
            throw Diagnostic("checkpoint.exchange", "a host's list of files cannot be read", kind: .failure)
        }
    }
}
