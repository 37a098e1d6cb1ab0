import CGit2
import Diagnostics
import Foundation

/// The untracked files of a work tree that ``SnapshotPolicy/all`` records, and those that it leaves out for their size.
public struct UntrackedFiles: Sendable, Equatable {
    /// Sorted by path.
    public var files: [File] = []
    /// Sorted by path.
    public var skipped: [SkippedFile] = []

    /// One file by name.
    public struct File: Sendable, Equatable {
        public var path: String
        public var bytes: Int
    }

    public init() {}

    /// Of the files that are recorded.
    public var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
}

extension Ledger {
    /// The untracked files that a snapshot of all files would hold now; nothing is read or written. None in a bare repository.
    public func untrackedFiles(limits: SnapshotLimits = SnapshotLimits()) throws(Diagnostic) -> UntrackedFiles {
        guard let workTreePath else { return UntrackedFiles() }
        let snapshot = WorkTreeSnapshot(of: repository, workTree: workTreePath, policy: .all, limits: limits)
        return try snapshot.untrackedFiles()
    }
}

extension WorkTreeSnapshot {
    /// What ``writeTree()`` would take up beside the files that git knows.
    fileprivate func untrackedFiles() throws(Diagnostic) -> UntrackedFiles {
        let index = try openIndex()
        defer { git_index_free(index) }
        try addSerreIgnoreRules()
        defer { git_ignore_clear_internal_rules(repository) }
        var options = git_diff_options()
        try LibGit2.check(git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)), "cannot compare files")
        options.flags = GIT_DIFF_INCLUDE_UNTRACKED.rawValue | GIT_DIFF_RECURSE_UNTRACKED_DIRS.rawValue
        options.flags |= GIT_DIFF_IGNORE_SUBMODULES.rawValue
        let diff = try LibGit2.made("cannot compare the work tree with the index") {
            git_diff_index_to_workdir($0, repository, index, &options)
        }
        defer { git_diff_free(diff) }
        var result = UntrackedFiles()
        for position in 0..<git_diff_num_deltas(diff) {
            guard let delta = git_diff_get_delta(diff, position)?.pointee, delta.status == GIT_DELTA_UNTRACKED,
                let bytes = delta.new_file.path, let file = rawStatus(of: bytes)
            else { continue }
            let path = String(cString: bytes)
            guard [S_IFREG, S_IFLNK].contains(file.st_mode & S_IFMT), !excludedPrefixes.contains(where: path.hasPrefix)
            else { continue }
            if Int(file.st_size) > limits.fileBytesMax {
                result.skipped.append(SkippedFile(path: path, bytes: Int(file.st_size), reason: .tooLarge))
            } else {
                result.files.append(UntrackedFiles.File(path: path, bytes: Int(file.st_size)))
            }
        }
        result.files.sort { $0.path < $1.path }
        result.skipped.sort { $0.path < $1.path }
        return result
    }
}
