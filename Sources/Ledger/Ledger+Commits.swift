import CGit2
import Diagnostics
import Foundation

/// Writing the trees and commits of a record.
extension Ledger {
    /// Writes `files` as blobs and the tree that has them in addition to what `base` has.
    ///
    /// The objects are those that hold the files: their blobs, the trees above them, and the tree itself.
    func writeTree(
        adding files: [RecordFile], code: git_oid?, to base: git_oid?
    ) throws(Diagnostic) -> (id: git_oid, objects: [GitObject]) {
        var baseTree: OpaquePointer?
        if let base { baseTree = try tree(base) }
        defer { git_tree_free(baseTree) }
        var updates = [git_tree_update]()
        for file in files {
            var update = git_tree_update(
                action: GIT_TREE_UPDATE_UPSERT, id: git_oid(), filemode: GIT_FILEMODE_BLOB, path: nil)
            let status = file.content.withUnsafeBytes {
                git_blob_create_from_buffer(&update.id, repository, $0.baseAddress, $0.count)
            }
            try LibGit2.check(status, "cannot record the file \(file.path)")
            updates.append(update)
        }
        if let code {
            updates.append(
                git_tree_update(action: GIT_TREE_UPDATE_UPSERT, id: code, filemode: GIT_FILEMODE_TREE, path: nil))
        }
        var result = git_oid()
        let paths = files.map(\.path) + (code == nil ? [] : [RecordFormat.Path.code])
        let status = paths.withCStrings { names in
            for (position, name) in names.enumerated() { updates[position].path = UnsafePointer(name) }
            return git_tree_create_updated(&result, repository, baseTree, updates.count, updates)
        }
        try LibGit2.check(status, "cannot record the run's files")
        return (result, try objects(of: files, in: result))
    }

    func writeCommit(
        _ message: String, tree id: git_oid, parent: OpaquePointer?, at time: Date
    ) throws(Diagnostic) -> git_oid {
        let tree = try tree(id)
        defer { git_tree_free(tree) }
        let author = try self.author(at: time)
        defer { git_signature_free(author) }
        var parents = [parent]
        var text = git_buf()
        defer { git_buf_dispose(&text) }
        var commit = git_oid()
        guard let signing = try signing() else {
            let status = git_commit_create(
                &commit, repository, nil, author, author, nil, message, tree, parent == nil ? 0 : 1, &parents)
            try LibGit2.check(status, "cannot write a commit of the record")
            return commit
        }
        let status = git_commit_create_buffer(
            &text, repository, author, author, nil, message, tree, parent == nil ? 0 : 1, &parents)
        try LibGit2.check(status, "cannot write a commit of the record")
        let content = Array(UnsafeRawBufferPointer(start: text.ptr, count: text.size))
        let signature = try signing.signature(of: content)
        try LibGit2.check(
            git_commit_create_with_signature(&commit, repository, text.ptr, signature, nil),
            "cannot write a signed commit of the record")
        return commit
    }

    /// The user's configured identity, or Serre's own, at `time` in UTC; the caller frees it.
    func author(at time: Date) throws(Diagnostic) -> UnsafeMutablePointer<git_signature> {
        let seconds = git_time_t(time.timeIntervalSince1970.rounded(.down))
        var configured: UnsafeMutablePointer<git_signature>?
        defer { git_signature_free(configured) }
        var result: UnsafeMutablePointer<git_signature>?
        if git_signature_default(&configured, repository) == 0, let configured {
            _ = git_signature_new(&result, configured.pointee.name, configured.pointee.email, seconds, 0)
        }
        if result == nil {
            let status = git_signature_new(&result, "Serre", "serre@localhost", seconds, 0)
            try LibGit2.check(status, "cannot name the author of the record")
        }
        guard let result else { throw LibGit2.failure(GIT_ERROR.rawValue, "cannot name the author of the record") }
        return result
    }
}
