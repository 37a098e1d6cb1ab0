import Diagnostics
import Fabrics
import Integrity
import Numerics
import Recipes

/// A save whose files are written and digested by threads while training goes on: one of each host, then one of the lead, which
/// writes the index and gives the folder its name.
///
/// The threads speak to no other host: MPI belongs to the main threads, which look at step boundaries, on all hosts at the same
/// ones, how far they are.
final class BackgroundSave {
    let save: CheckpointSave
    /// What this host does; `nil` where it waits for the lead.
    private var task: (any BackgroundWork)?
    private let background: any Background
    /// The state's digest, known when all hosts have written their files.
    private(set) var digest: Digest?

    /// Copies what this host owns and starts its thread.
    init(_ save: CheckpointSave, of executor: Executor, on background: any Background) {
        self.save = save
        self.background = background
        let copy = StateCopy(executor.ownedPieces)
        let ranks = executor.fabric.localRanks
        task = background.begin { () throws(Diagnostic) in
            // What the other hosts must know: the list of files after its length, then the leaves of the state's digest.
            let leaves = StateDigest.leaves(of: copy.pieces)
            let files = CheckpointIndex.encoded(try save.writeFiles(copy.pieces, of: ranks))
            return littleEndian(files.count) + files + leaves
        }
    }

    /// Looks how far the threads of all hosts are, and waits for them where `waiting`; whether the checkpoint is complete.
    ///
    /// Every host calls it at the same step. When any host has failed, all throw.
    func advance(over fabric: any Fabric, waiting: Bool) throws(Diagnostic) -> Bool {
        if !waiting {
            let states = try fabric.gatherFromHosts([(task?.state ?? .done).rawValue])
            let (working, failed) = (BackgroundState.working.rawValue, BackgroundState.failed.rawValue)
            guard states.contains([failed]) || !states.contains([working]) else { return false }
        }
        let replies = try CheckpointSave.together(fabric, onFailure: save.discard) { () throws(Diagnostic) in
            try task?.wait() ?? []
        }
        if digest != nil { return true }
        try beginNaming(replies, fabric)
        return waiting ? try advance(over: fabric, waiting: true) : false
    }

    /// When all files are on the disk, the lead's thread does the rest.
    private func beginNaming(_ replies: [[UInt8]], _ fabric: any Fabric) throws(Diagnostic) {
        var files: [CheckpointIndex.File] = []
        var leaves: [[UInt8]] = []
        for reply in replies {
            let count = (0..<8).reduce(0) { $0 | Int(reply[$1]) << (8 * $1) }
            files += try CheckpointIndex.files(reply[8..<(8 + count)])
            leaves.append(Array(reply[(8 + count)...]))
        }
        let root = try StateDigest(
            leavesOfHosts: leaves, recipe: save.recipe, step: save.step, samples: save.samples, history: save.history
        ).root
        digest = root
        task = nil
        guard fabric.host == 0 else { return }
        task = background.begin { [save, files] () throws(Diagnostic) in
            try save.name(files, digest: root)
            return []
        }
    }

    /// Waits for this host's thread alone, whatever becomes of it.
    func abandon() { _ = try? task?.wait() }
}
