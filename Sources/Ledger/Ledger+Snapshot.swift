import CGit2
import Diagnostics

extension Ledger {
    /// Writes the tree for `code/` and the note that goes with it.
    func writeSnapshot(
        _ policy: SnapshotPolicy, limits: SnapshotLimits
    ) throws(Diagnostic) -> (tree: git_oid?, note: SnapshotNote) {
        var note = SnapshotNote(policy: policy.rawValue, fileBytesMax: limits.fileBytesMax, skipped: [])
        let head = headCommit()
        note.head = head?.hex
        note.branch = headBranch()
        guard policy != .none else {
            note.absent = "not asked for"
            return (nil, note)
        }
        guard let workTreePath else {
            note.absent = "the repository is bare: it has no work tree"
            return (nil, note)
        }
        var snapshot = WorkTreeSnapshot(of: repository, workTree: workTreePath, policy: policy, limits: limits)
        let tree = try snapshot.writeTree()
        note.skipped = snapshot.skipped
        note.tree = tree.hex
        note.dirty = try head.map { (commit) throws(Diagnostic) in try !treeID(ofCommit: commit).equals(tree) } ?? true
        return (tree, note)
    }

    /// The commit HEAD points to; `nil` when there is none.
    func headCommit() -> git_oid? {
        var id = git_oid()
        return git_reference_name_to_id(&id, repository, "HEAD") == 0 ? id : nil
    }

    /// The branch HEAD names, without `refs/heads/`; `nil` when HEAD is detached.
    private func headBranch() -> String? {
        var head: OpaquePointer?
        guard git_reference_lookup(&head, repository, "HEAD") == 0 else { return nil }
        defer { git_reference_free(head) }
        guard let target = git_reference_symbolic_target(head) else { return nil }
        let name = String(cString: target)
        return name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
    }
}
