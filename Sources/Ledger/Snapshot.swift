/// Which files of the user's repository a record keeps under `code/`.
public enum SnapshotPolicy: String, Sendable, CaseIterable {
    /// The files git knows, as they are in the work tree: modified, deleted, renamed, added to the index.
    case tracked
    /// Those, and untracked files that neither `.gitignore` nor `.serreignore` excludes. They may hold secrets, so
    /// this is for users who ask for it.
    case all
    /// Nothing.
    case none
}

/// What a snapshot leaves out.
///
/// `.serreignore` in the root of the work tree excludes further untracked files; it is written like `.gitignore` and
/// cannot bring back what that excludes. Tracked files are kept whatever their size, except those that a filter outside git
/// (such as Git LFS) keeps elsewhere.
public struct SnapshotLimits: Sendable {
    /// The size above which untracked and externally filtered files are left out.
    public var fileBytesMax: Int
    /// Folders whose untracked files are left out, such as the folder of the run itself.
    public var excludedFolders: [String]

    /// Without arguments: 10 MiB per file, no folder excluded.
    public init(fileBytesMax: Int = 10 << 20, excludedFolders: [String] = []) {
        self.fileBytesMax = fileBytesMax
        self.excludedFolders = excludedFolders
    }
}

/// Where the `code/` tree of a record came from and what it lacks: the file `snapshot.json`.
public struct SnapshotNote: Codable, Sendable, Equatable {
    /// The record format.
    public var format = RecordFormat.version
    /// The ``SnapshotPolicy`` asked for.
    public var policy: String
    /// The commit that HEAD pointed to; `nil` in a repository without commits.
    public var head: String?
    /// The branch that HEAD named; `nil` when detached.
    public var branch: String?
    /// The id of the `code/` tree; `nil` when there is none.
    public var tree: String?
    /// Whether `code/` differs from the tree of HEAD; `nil` when there is no `code/`.
    public var dirty: Bool?
    /// Why there is no `code/`, when there is none.
    public var absent: String?
    /// The size above which untracked files were left out.
    public var fileBytesMax: Int
    /// Files that are missing from `code/` or differ from what was on the disk, sorted by path.
    public var skipped: [SkippedFile]

    private enum CodingKeys: String, CodingKey {
        case format, policy, head, branch, tree, dirty, absent, skipped
        case fileBytesMax = "file_bytes_max"
    }
}

/// A file of the work tree that a snapshot does not hold as it was on the disk.
public struct SkippedFile: Codable, Sendable, Equatable {
    /// The path in the work tree.
    public var path: String
    /// Its size, if it was looked at.
    public var bytes: Int?
    public var reason: Reason

    /// Why a file is not in a snapshot as it was.
    public enum Reason: String, Codable, Sendable {
        /// An untracked file above the size limit: left out.
        case tooLarge = "too-large"
        /// A tracked file above the limit that a filter outside git handles: the version of the index was kept.
        case filteredTooLarge = "filtered-too-large"
        /// A tracked file marked `assume-unchanged`: the version of the index was kept, unread.
        case assumeUnchanged = "assume-unchanged"
        /// A submodule with changes of its own that are not committed: its commit was kept.
        case submoduleDirty = "submodule-dirty"
        /// A submodule that could not be opened: the commit of the index was kept.
        case submoduleUnreadable = "submodule-unreadable"
        /// A repository of its own inside the work tree that is no submodule: left out.
        case nestedRepository = "nested-repository"
    }
}
