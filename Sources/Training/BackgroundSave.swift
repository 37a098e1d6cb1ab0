import Diagnostics
import Dispatch
import Fabrics
import Integrity
import Numerics
import Recipes
import Synchronization

/// A save whose files a thread of this host writes and digests while training goes on.
///
/// The thread speaks to no other host: MPI belongs to the main thread, which looks at step boundaries, on all hosts at the
/// same ones, whether every host has written its files.
final class BackgroundSave {
    let save: CheckpointSave
    private let ended = DispatchSemaphore(value: 0)
    private let reply = Reply()
    private var taken: Result<[UInt8], Diagnostic>?

    /// What the thread leaves behind.
    private final class Reply: Sendable {
        let value = Mutex<Result<[UInt8], Diagnostic>?>(nil)
    }

    /// Copies what this host owns and starts the thread.
    init(_ save: CheckpointSave, of executor: Executor) {
        self.save = save
        let copy = StateCopy(executor.ownedPieces)
        let ranks = executor.fabric.localRanks
        DispatchQueue(label: "serre.checkpoint").async { [reply, ended] in
            let result: Result<[UInt8], Diagnostic>
            do throws(Diagnostic) {
                result = .success(try Self.write(copy, ranks, save))
            } catch {
                result = .failure(error)
            }
            reply.value.withLock { $0 = result }
            ended.signal()
        }
    }

    /// What the other hosts must know: the list of files after its length, then the leaves of the state's digest.
    private static func write(
        _ copy: StateCopy, _ ranks: Range<Int>, _ save: CheckpointSave
    ) throws(Diagnostic) -> [UInt8] {
        let leaves = StateDigest.leaves(of: copy.pieces)
        let files = try encodedJSON(save.writeFiles(copy.pieces, of: ranks))
        return littleEndian(files.count) + files + leaves
    }

    /// Whether this host's thread has ended: 0 no, 1 yes, 2 yes, and it failed.
    var state: UInt8 {
        switch reply.value.withLock({ $0 }) {
        case nil: 0
        case .success: 1
        case .failure: 2
        }
    }

    /// Waits for this host's thread.
    func wait() -> Result<[UInt8], Diagnostic> {
        if taken == nil {
            ended.wait()
            taken = reply.value.withLock { $0 }
        }
        return taken ?? .success([])
    }

    /// Waits for all hosts' threads and gives the checkpoint its name; every host calls it at the same step.
    func complete(over fabric: any Fabric) throws(Diagnostic) -> Digest {
        let replies = try CheckpointSave.together(fabric, onFailure: save.discard) { () throws(Diagnostic) in
            try wait().get()
        }
        var files: [CheckpointIndex.File] = []
        var leaves: [[UInt8]] = []
        for reply in replies {
            let count = (0..<8).reduce(0) { $0 | Int(reply[$1]) << (8 * $1) }
            files += try CheckpointIndex.files(reply[8..<(8 + count)])
            leaves.append(Array(reply[(8 + count)...]))
        }
        let digest = try StateDigest(
            leavesOfHosts: leaves, recipe: save.recipe, step: save.step, samples: save.samples, history: save.history
        ).root
        try save.finish(files, digest: digest, over: fabric)
        return digest
    }
}
