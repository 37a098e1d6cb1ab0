import CGit2
import Diagnostics
import Foundation

/// Writes the work tree of a repository as a git tree, without touching its index.
///
/// The entries of the index are copied to an index in memory; the differences between index and work tree are applied
/// to that copy; the copy is written as a tree. The result equals `git add -u` (or `git add -A`) followed by
/// `git write-tree` on a throw-away index, except for what ``skipped`` lists. New blobs and trees are the only things
/// written.
struct WorkTreeSnapshot {
    let repository: OpaquePointer
    let workTree: String
    private let policy: SnapshotPolicy
    let limits: SnapshotLimits
    /// Folders to leave out, relative to the work tree and with a final `/`.
    let excludedPrefixes: [String]
    /// Files that the tree lacks or holds in another version.
    private(set) var skipped: [SkippedFile] = []

    /// A snapshot to be taken of `repository`, whose work tree is the folder `workTree` (with a final `/`).
    init(of repository: OpaquePointer, workTree: String, policy: SnapshotPolicy, limits: SnapshotLimits) {
        self.repository = repository
        self.workTree = workTree
        self.policy = policy
        self.limits = limits
        let root = resolvedPath(workTree) + "/"
        excludedPrefixes = limits.excludedFolders.compactMap { folder in
            let path = resolvedPath(folder) + "/"
            return path.hasPrefix(root) ? String(path.dropFirst(root.count)) : nil
        }
    }

    /// Writes the tree and gives its id.
    mutating func writeTree() throws(Diagnostic) -> git_oid {
        let source = try openIndex()
        defer { git_index_free(source) }
        let copy = try LibGit2.made("cannot make an index") { git_index_new($0) }
        defer { git_index_free(copy) }
        try copyEntries(from: source, to: copy)
        try addSerreIgnoreRules()
        defer { git_ignore_clear_internal_rules(repository) }
        try applyDifferences(from: source, to: copy)
        skipped.sort { $0.path < $1.path }
        var tree = git_oid()
        try LibGit2.check(git_index_write_tree_to(&tree, copy, repository), "cannot write the tree of the code")
        return tree
    }

    /// The user's index, freshly read; the caller frees it.
    func openIndex() throws(Diagnostic) -> OpaquePointer {
        var index: OpaquePointer?
        if git_repository_index(&index, repository) == 0, let index, git_index_read(index, 1) == 0 { return index }
        git_index_free(index)
        let reason = LibGit2.lastReason
        var remedy = "check the repository with `git status`, or record the run without its code"
        if reason.contains("'link'") { remedy = "run `git update-index --no-split-index`" }
        if reason.contains("'sdir'") { remedy = "run `git sparse-checkout reapply --no-sparse-index`" }
        throw Diagnostic(
            "ledger.index", "the index of the repository cannot be read: \(reason)", at: .init(file: workTree),
            remedy: remedy)
    }

    /// Copies what the index holds at stage 0; conflicted paths are taken from the work tree later.
    private mutating func copyEntries(from source: OpaquePointer, to copy: OpaquePointer) throws(Diagnostic) {
        for position in 0..<git_index_entrycount(source) {
            guard let entry = git_index_get_byindex(source, position), git_index_entry_stage(entry) == 0 else {
                continue
            }
            var plain = entry.pointee
            let assumed = UInt32(plain.flags) & GIT_INDEX_ENTRY_VALID.rawValue != 0
            plain.flags &= ~UInt16(GIT_INDEX_ENTRY_VALID.rawValue)
            plain.flags_extended = 0
            if UInt32(plain.mode) == GIT_FILEMODE_COMMIT.rawValue {
                guard try updateSubmodule(&plain) else { continue }
            } else if assumed {
                skip(String(cString: plain.path), nil, .assumeUnchanged)
            }
            try LibGit2.check(git_index_add(copy, &plain), "cannot copy the index")
        }
    }

    /// Points a submodule's entry at the commit checked out there; false when its folder is gone.
    private mutating func updateSubmodule(_ entry: inout git_index_entry) throws(Diagnostic) -> Bool {
        let path = String(cString: entry.path)
        guard let folder = status(of: workTree + path), folder.st_mode & S_IFMT == S_IFDIR else { return false }
        guard status(of: workTree + path + "/.git") != nil else { return true }
        var module: OpaquePointer?
        var commit = git_oid()
        defer { git_repository_free(module) }
        guard git_repository_open(&module, workTree + path) == 0, let module,
            git_reference_name_to_id(&commit, module, "HEAD") == 0
        else {
            skip(path, nil, .submoduleUnreadable)
            return true
        }
        entry.id = commit
        if try hasChanges(module, untracked: policy == .all) { skip(path, nil, .submoduleDirty) }
        return true
    }

    /// Adds the lines of `.serreignore` to the ignore rules of this handle; the caller clears them.
    func addSerreIgnoreRules() throws(Diagnostic) {
        guard policy == .all, let rules = FileManager.default.contents(atPath: workTree + ".serreignore") else {
            return
        }
        let text = String(decoding: rules, as: UTF8.self)
        try LibGit2.check(git_ignore_add_rule(repository, text), "cannot use the rules of .serreignore")
    }

    private mutating func applyDifferences(from source: OpaquePointer, to copy: OpaquePointer) throws(Diagnostic) {
        var options = git_diff_options()
        try LibGit2.check(git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)), "cannot compare files")
        options.flags = GIT_DIFF_INCLUDE_TYPECHANGE.rawValue | GIT_DIFF_IGNORE_SUBMODULES.rawValue
        if policy == .all {
            options.flags |= GIT_DIFF_INCLUDE_UNTRACKED.rawValue | GIT_DIFF_RECURSE_UNTRACKED_DIRS.rawValue
        }
        let diff = try LibGit2.made("cannot compare the work tree with the index") {
            git_diff_index_to_workdir($0, repository, source, &options)
        }
        defer { git_diff_free(diff) }
        // Removals first: a folder may have taken the place of a file.
        for removing in [true, false] {
            for position in 0..<git_diff_num_deltas(diff) {
                guard let delta = git_diff_get_delta(diff, position)?.pointee else { continue }
                if delta.status == GIT_DELTA_DELETED {
                    if removing { try remove(delta.old_file.path, from: copy, source: source) }
                } else if !removing {
                    try add(delta, to: copy, source: source)
                }
            }
        }
    }

    /// Removes a deleted path, unless a sparse checkout leaves it out of the work tree on purpose.
    private func remove(
        _ path: UnsafePointer<CChar>, from copy: OpaquePointer, source: OpaquePointer
    ) throws(Diagnostic) {
        if let entry = git_index_get_bypath(source, path, 0) {
            let flags = UInt32(entry.pointee.flags_extended)
            let assumed = UInt32(entry.pointee.flags) & GIT_INDEX_ENTRY_VALID.rawValue != 0
            if assumed || flags & GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue != 0 { return }
            if UInt32(entry.pointee.mode) == GIT_FILEMODE_COMMIT.rawValue { return }
        }
        let status = git_index_remove(copy, path, 0)
        if status != GIT_ENOTFOUND.rawValue { try LibGit2.check(status, "cannot leave out a deleted file") }
    }

    /// Takes a changed or new path from the work tree.
    private mutating func add(
        _ delta: git_diff_delta, to copy: OpaquePointer, source: OpaquePointer
    ) throws(Diagnostic) {
        guard let bytes = delta.new_file.path ?? delta.old_file.path else { return }
        let path = String(cString: bytes)
        let untracked = delta.status == GIT_DELTA_UNTRACKED
        guard !untracked || !excludedPrefixes.contains(where: path.hasPrefix) else { return }
        guard let file = rawStatus(of: bytes) else { return }
        guard [S_IFREG, S_IFLNK].contains(file.st_mode & S_IFMT) else {
            // A folder here is a repository of its own or empty; pipes and devices have no content to record.
            if status(of: workTree + path + "/.git") != nil { skip(path, nil, .nestedRepository) }
            if !untracked { try remove(bytes, from: copy, source: source) }
            return
        }
        let size = Int(file.st_size)
        if size > limits.fileBytesMax, file.st_mode & S_IFMT == S_IFREG {
            if untracked { return skip(path, size, .tooLarge) }
            if hasExternalFilter(bytes) { return skip(path, size, .filteredTooLarge) }
        }
        var entry = git_index_entry()
        entry.path = bytes
        entry.mode = mode(of: file, delta)
        try LibGit2.check(
            git_blob_create_from_workdir(&entry.id, repository, bytes), "cannot record the file \(workTree + path)")
        try LibGit2.check(git_index_add(copy, &entry), "cannot record the file \(workTree + path)")
    }

    /// The mode to record: what the comparison found, or what the file system says where it found none (conflicts).
    private func mode(of file: stat, _ delta: git_diff_delta) -> UInt32 {
        let found = UInt32(delta.new_file.mode)
        let files = [GIT_FILEMODE_BLOB, GIT_FILEMODE_BLOB_EXECUTABLE, GIT_FILEMODE_LINK].map(\.rawValue)
        if delta.status != GIT_DELTA_CONFLICTED, files.contains(found) { return found }
        if file.st_mode & S_IFMT == S_IFLNK { return GIT_FILEMODE_LINK.rawValue }
        return (file.st_mode & S_IXUSR != 0 ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB).rawValue
    }

    /// Whether `.gitattributes` names a filter program, which libgit2 does not run, for the path.
    private func hasExternalFilter(_ path: UnsafePointer<CChar>) -> Bool {
        var value: UnsafePointer<CChar>?
        guard git_attr_get(&value, repository, 0, path, "filter") == 0 else { return false }
        return git_attr_value(value) == GIT_ATTR_VALUE_STRING
    }

    private mutating func skip(_ path: String, _ bytes: Int?, _ reason: SkippedFile.Reason) {
        let name = path.hasSuffix("/") ? String(path.dropLast()) : path
        skipped.append(SkippedFile(path: name, bytes: bytes, reason: reason))
    }

    /// `lstat` of a path in the work tree given as bytes: paths need not be UTF-8.
    func rawStatus(of path: UnsafePointer<CChar>) -> stat? {
        var whole = Array(workTree.utf8CString.dropLast())
        whole.append(contentsOf: UnsafeBufferPointer(start: path, count: strlen(path) + 1))
        var result = stat()
        return lstat(whole, &result) == 0 ? result : nil
    }
}

/// `lstat` of a path; `nil` when there is nothing.
func status(of path: String) -> stat? {
    var result = stat()
    return lstat(path, &result) == 0 ? result : nil
}
