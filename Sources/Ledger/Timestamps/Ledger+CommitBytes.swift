import CGit2
import Diagnostics

extension Ledger {
    /// The bytes of a commit of a record, as git stores them and `git cat-file commit` prints them.
    ///
    /// Throws when `commit` is not 40 hexadecimal digits or the repository has no such commit.
    public func commitBytes(_ commit: String) throws(Diagnostic) -> [UInt8] {
        var id = git_oid()
        guard commit.utf8.count == 40, git_oid_fromstr(&id, commit) == 0 else {
            throw Diagnostic("ledger.commit", "this is not the id of a commit", found: "“\(commit)”")
        }
        let database = try LibGit2.made("cannot open the objects") { git_repository_odb($0, repository) }
        defer { git_odb_free(database) }
        let object = try LibGit2.made("cannot read the commit \(commit)") { git_odb_read($0, database, &id) }
        defer { git_odb_object_free(object) }
        guard git_odb_object_type(object) == GIT_OBJECT_COMMIT else {
            throw Diagnostic("ledger.commit", "the object is not a commit", found: commit, kind: .failure)
        }
        return Array(
            UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }
}
