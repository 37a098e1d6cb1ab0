import CGit2
import Diagnostics

/// Which source a program was built from: the commit of its checkout and whether files there differ from it.
public struct SourceIdentity: Sendable, Equatable {
    /// The commit HEAD points to; `nil` in a repository without commits.
    public var commit: String?
    /// Whether tracked files below the folder differ from that commit, or files that git does not ignore are untracked.
    ///
    /// Untracked files count, since a build takes up every source file that it finds.
    public var dirty: Bool

    /// The identity of the source in `folder`; `nil` when no git work tree holds it.
    public static func of(folder: String) throws(Diagnostic) -> SourceIdentity? {
        guard let ledger = try Ledger.open(enclosing: folder), let root = ledger.workTreePath else { return nil }
        let (rootPath, path) = (resolvedPath(root), resolvedPath(folder))
        let below = path.hasPrefix(rootPath + "/") ? String(path.dropFirst(rootPath.count + 1)) : ""
        let changed = try hasChanges(ledger.repository, untracked: true, below: below)
        return SourceIdentity(commit: ledger.headCommit()?.hex, dirty: changed)
    }
}
