import CGit2
import Diagnostics

extension Ledger {
    /// The files of two runs' code snapshots that differ, by path; the values are the blobs' ids and, where those are
    /// equal, the modes.
    func codeDifferences(_ a: RunID, _ b: RunID) throws(Diagnostic) -> [ValueDifference] {
        let diff = try codeDiff(a, b)
        defer { git_diff_free(diff) }
        var result = [ValueDifference]()
        for position in 0..<git_diff_num_deltas(diff) {
            guard var delta = git_diff_get_delta(diff, position)?.pointee else { continue }
            guard let path = delta.new_file.path ?? delta.old_file.path else { continue }
            let sameContent = git_oid_equal(&delta.old_file.id, &delta.new_file.id) != 0
            func shown(_ file: git_diff_file) -> String? {
                guard file.mode != 0 else { return nil }
                return sameContent ? "mode \(String(file.mode, radix: 8))" : file.id.hex
            }
            result.append(ValueDifference(String(cString: path), shown(delta.old_file), shown(delta.new_file)))
        }
        return result
    }

    /// The differences between two runs' code snapshots as a patch that `git apply` takes, binary files included.
    public func codePatch(_ a: RunID, _ b: RunID) throws(Diagnostic) -> String {
        let diff = try codeDiff(a, b)
        defer { git_diff_free(diff) }
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        try LibGit2.check(git_diff_to_buf(&buffer, diff, GIT_DIFF_FORMAT_PATCH), "cannot print the code's differences")
        guard let text = buffer.ptr else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: buffer.size), as: UTF8.self)
    }

    /// The comparison of two code trees; the caller frees it.
    private func codeDiff(_ a: RunID, _ b: RunID) throws(Diagnostic) -> OpaquePointer {
        let (old, new) = (try codeTree(a), try codeTree(b))
        defer {
            git_tree_free(old)
            git_tree_free(new)
        }
        var options = git_diff_options()
        try LibGit2.check(git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)), "cannot compare files")
        options.flags = GIT_DIFF_SHOW_BINARY.rawValue
        return try LibGit2.made("cannot compare the code of \(a) and \(b)") {
            git_diff_tree_to_tree($0, repository, old, new, &options)
        }
    }

    /// The tree below `code/` of a run; `nil` without one, which compares like an empty tree. The caller frees it.
    private func codeTree(_ run: RunID) throws(Diagnostic) -> OpaquePointer? {
        let root = try tree(treeID(ofCommit: tip(of: run)))
        defer { git_tree_free(root) }
        guard let entry = git_tree_entry_byname(root, RecordFormat.Path.code),
            git_tree_entry_type(entry) == GIT_OBJECT_TREE, let id = git_tree_entry_id(entry)?.pointee
        else { return nil }
        return try tree(id)
    }
}
