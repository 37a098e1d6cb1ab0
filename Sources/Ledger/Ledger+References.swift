import CGit2
import Diagnostics
import Foundation

/// The moves of a run's reference: compare and swap, with patience for locks.
extension Ledger {
    /// The newest commit of a run.
    func tip(of run: RunID) throws(Diagnostic) -> git_oid {
        var id = git_oid()
        let status = git_reference_name_to_id(&id, repository, RecordFormat.referencePrefix + run.text)
        guard status != GIT_ENOTFOUND.rawValue else {
            throw Diagnostic(
                "ledger.unknown-run", "the repository has no record of this run", at: .init(file: repositoryPath),
                found: "\(run)", remedy: "`serre runs list` shows the runs it has")
        }
        try LibGit2.check(status, "cannot read the reference of \(run)")
        return id
    }

    /// Points the run at `new` if it still points at `old` (or, for `nil`, does not exist); false if it does not.
    ///
    /// A lock that another process holds is waited for, up to a bound; one that a dead process left is removed.
    func advance(_ run: RunID, from old: git_oid?, to new: git_oid) throws(Diagnostic) -> Bool {
        let name = RecordFormat.referencePrefix + run.text
        // All zeros stand for “must not exist”, which is checked under the lock as well.
        var (expected, target) = (old ?? git_oid(), new)
        var pause = LockPause(seconds: lockPatienceSeconds)
        var lock = ReferenceLock(path: lockPath(of: run))
        var mayHaveMoved = false
        repeat {
            let status = git_reference_create_matching(
                nil, repository, name, &target, old == nil ? 0 : 1, &expected, "serre")
            if status == 0 { return true }
            if status == GIT_EMODIFIED.rawValue || status == GIT_EEXISTS.rawValue {
                return mayHaveMoved && leads(run, to: new)
            }
            // Packing references removes emptied folders, perhaps between making one and locking a file in it.
            let folderGone =
                status == GIT_ENOTFOUND.rawValue || LibGit2.lastReason.hasSuffix("No such file or directory")
            guard status == GIT_ELOCKED.rawValue || folderGone else {
                throw LibGit2.failure(status, "cannot move the reference \(name)")
            }
            // The folder may as well have gone after the move, before it was flushed: then the reference is packed by now.
            mayHaveMoved = mayHaveMoved || folderGone
            if lock.hasStood(for: staleLockSeconds) { lock.removeIfUnchanged(holding: objectsPath) }
        } while pause.wait()
        throw contention(run)
    }

    /// Whether a commit is the run's newest or one before it.
    private func leads(_ run: RunID, to commit: git_oid) -> Bool {
        guard var tip = try? tip(of: run) else { return false }
        var commit = commit
        return git_oid_equal(&tip, &commit) == 1 || git_graph_descendant_of(repository, &tip, &commit) == 1
    }

    /// What to say when a run's reference stays locked.
    func contention(_ run: RunID) -> Diagnostic {
        Diagnostic(
            "ledger.locked", "the reference of the run stayed locked for too long",
            at: .init(file: lockPath(of: run)),
            remedy: "if no git or serre process is at work on this repository, delete this file", kind: .failure)
    }

    /// The file that git and libgit2 make while they move the reference of a run.
    private func lockPath(of run: RunID) -> String { "\(commonPath)\(RecordFormat.referencePrefix)\(run).lock" }
}

/// Waiting for a lock: each pause about twice as long as the last, of random length so that waiters part.
private struct LockPause {
    private static let pauseMicrosecondsMax: UInt32 = 50_000
    private var microseconds: UInt32 = 100
    private var left: Int64

    /// Pauses that sum up to `seconds`.
    init(seconds: Double) { left = Int64(seconds * 1e6) }

    /// Sleeps; false once the patience is used up.
    mutating func wait() -> Bool {
        let pause = UInt32.random(in: (microseconds / 2)...microseconds)
        usleep(pause)
        left -= Int64(pause)
        microseconds = min(microseconds * 2, Self.pauseMicrosecondsMax)
        return left > 0
    }
}
