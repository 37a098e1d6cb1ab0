import CGit2
import Diagnostics
import Foundation

/// Reading git objects; the caller frees the handles it gets.
extension Ledger {
    func tree(_ id: git_oid) throws(Diagnostic) -> OpaquePointer {
        var id = id
        return try LibGit2.made("cannot read the tree \(id.hex)") { git_tree_lookup($0, repository, &id) }
    }

    func commit(_ id: git_oid) throws(Diagnostic) -> OpaquePointer {
        var id = id
        return try LibGit2.made("cannot read the commit \(id.hex)") { git_commit_lookup($0, repository, &id) }
    }

    func treeID(ofCommit id: git_oid) throws(Diagnostic) -> git_oid {
        let commit = try commit(id)
        defer { git_commit_free(commit) }
        guard let tree = git_commit_tree_id(commit) else {
            throw LibGit2.failure(GIT_ERROR.rawValue, "cannot read the commit \(id.hex)")
        }
        return tree.pointee
    }

    /// The bytes of the blob at `path` in a tree; `nil` when there is no file of that path.
    func blob(at path: String, in tree: OpaquePointer) throws(Diagnostic) -> [UInt8]? {
        var entry: OpaquePointer?
        let status = git_tree_entry_bypath(&entry, tree, path)
        if status == GIT_ENOTFOUND.rawValue { return nil }
        try LibGit2.check(status, "cannot read \(path)")
        defer { git_tree_entry_free(entry) }
        guard git_tree_entry_type(entry) == GIT_OBJECT_BLOB else { return nil }
        let blob = try LibGit2.made("cannot read \(path)") {
            git_blob_lookup($0, repository, git_tree_entry_id(entry))
        }
        defer { git_blob_free(blob) }
        return Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: Int(git_blob_rawsize(blob))))
    }

    /// The message of a record's commit; fails when it is not one, or is in a newer format than this module reads.
    func message(of commit: OpaquePointer, _ id: git_oid) throws(Diagnostic) -> RecordMessage {
        let text = git_commit_message(commit).map { String(cString: $0) } ?? ""
        guard let message = RecordMessage(parsing: text) else {
            throw Diagnostic(
                "ledger.not-a-record", "the commit is not part of a run's record: it lacks the Serre trailers",
                at: .init(file: repositoryPath), found: id.hex, kind: .failure)
        }
        guard message.format <= RecordFormat.version else {
            throw Diagnostic(
                "ledger.format", "the record was written by a newer Serre", at: .init(file: repositoryPath),
                expected: "format \(RecordFormat.version) or older", found: "format \(message.format)",
                remedy: "read it with that version of Serre", kind: .failure)
        }
        return message
    }

    func time(of commit: OpaquePointer) -> Date {
        Date(timeIntervalSince1970: TimeInterval(git_commit_time(commit)))
    }
}
