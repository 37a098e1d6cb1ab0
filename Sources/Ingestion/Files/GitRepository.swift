import CGit2
import CGit2Shim
import Diagnostics
import Foundation

/// A git repository that is only read; it owns its handle, and frees every other one where it is made.
///
/// To be used by one thread at a time: open one for each.
final class GitRepository {
    private let path: String
    private let repository: OpaquePointer

    /// What a tree holds under a name.
    enum Kind {
        case folder, file, link, submodule
    }

    /// One entry of a tree; `name` is `nil` where it is not UTF-8.
    struct Entry {
        var name: String?
        var kind: Kind
        var id: [UInt8]
    }

    /// Starting is done once for the process; the extensions change nothing that is read here.
    private static let started: Int32 = {
        let status = git_libgit2_init()
        guard status >= 0 else { return status }
        var names = ["worktreeconfig", "partialclone", "preciousobjects"].map { (name: String) in strdup(name) }
        defer { for name in names { free(name) } }
        return serre_git2_accept_extensions(&names, names.count)
    }()

    /// Opens the repository whose work tree or own folder `path` is; throws `ingestion.repository`.
    init(_ path: String) throws(Diagnostic) {
        var handle: OpaquePointer?
        guard GitRepository.started >= 0, git_repository_open(&handle, path) == 0, let handle else {
            throw Diagnostic(
                "ingestion.repository", "cannot open the git repository: \(GitRepository.lastReason)",
                at: .init(file: path), expected: "a git work tree or bare repository")
        }
        (self.path, repository) = (path, handle)
    }

    deinit { git_repository_free(repository) }

    /// The ids of the commit and tree that an expression names; throws `ingestion.revision`.
    func resolve(_ revision: String) throws(Diagnostic) -> (commit: [UInt8], tree: [UInt8]) {
        var (object, commit, tree): (OpaquePointer?, OpaquePointer?, OpaquePointer?)
        defer {
            git_object_free(object)
            git_object_free(commit)
            git_object_free(tree)
        }
        guard git_revparse_single(&object, repository, revision) == 0,
            git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0,
            git_object_peel(&tree, object, GIT_OBJECT_TREE) == 0
        else {
            throw Diagnostic(
                "ingestion.revision", "the repository has no such revision: \(GitRepository.lastReason)",
                at: .init(file: path), expected: "a branch, tag or commit", found: revision)
        }
        return (GitRepository.bytes(git_object_id(commit)), GitRepository.bytes(git_object_id(tree)))
    }

    /// The entries of a tree in git's order, which is that of the bytes of whole paths; throws `ingestion.repository`.
    func entries(ofTree id: [UInt8]) throws(Diagnostic) -> [Entry] {
        var tree: OpaquePointer?
        defer { git_tree_free(tree) }
        var object = GitRepository.object(id)
        guard git_tree_lookup(&tree, repository, &object) == 0 else {
            throw Diagnostic(
                "ingestion.repository", "cannot read a folder of the revision: \(GitRepository.lastReason)",
                at: .init(file: path), remedy: "check the repository with `git fsck`", kind: .failure)
        }
        return (0..<git_tree_entrycount(tree)).compactMap { index in
            guard let entry = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(entry) else {
                return nil
            }
            return Entry(
                name: String(validatingCString: name), kind: GitRepository.kind(git_tree_entry_filemode(entry)),
                id: GitRepository.bytes(git_tree_entry_id(entry)))
        }
    }

    /// The size of an object in bytes; `nil` where the repository lacks it.
    func size(of id: [UInt8]) -> Int? {
        var (objects, size, type) = (OpaquePointer?.none, 0, GIT_OBJECT_ANY)
        defer { git_odb_free(objects) }
        var object = GitRepository.object(id)
        guard git_repository_odb(&objects, repository) == 0,
            git_odb_read_header(&size, &type, objects, &object) == 0
        else { return nil }
        return size
    }

    /// The bytes of a file.
    func content(of id: [UInt8]) throws(InputProblem) -> [UInt8] {
        var blob: OpaquePointer?
        defer { git_blob_free(blob) }
        var object = GitRepository.object(id)
        guard git_blob_lookup(&blob, repository, &object) == 0 else {
            throw .skip(.unreadable, GitRepository.lastReason)
        }
        return Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: Int(git_blob_rawsize(blob))))
    }

    private static func kind(_ mode: git_filemode_t) -> Kind {
        switch mode {
        case GIT_FILEMODE_TREE: .folder
        case GIT_FILEMODE_LINK: .link
        case GIT_FILEMODE_COMMIT: .submodule
        default: .file
        }
    }

    private static func bytes(_ id: UnsafePointer<git_oid>?) -> [UInt8] {
        guard var id = id?.pointee else { return [] }
        return withUnsafeBytes(of: &id) { Array($0) }
    }

    private static func object(_ bytes: [UInt8]) -> git_oid {
        var id = git_oid()
        withUnsafeMutableBytes(of: &id) { $0.copyBytes(from: bytes.prefix($0.count)) }
        return id
    }

    /// What libgit2 said about the last failed call on this thread.
    private static var lastReason: String {
        guard let error = git_error_last(), let message = error.pointee.message else { return "no reason given" }
        return String(cString: message)
    }
}
