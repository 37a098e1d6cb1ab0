import CGit2
import Diagnostics
import Foundation

/// The git repository that holds the records of runs, each under `refs/serre/runs/<run-id>`.
///
/// ```swift
/// let ledger = try Ledger.open(enclosing: folder) ?? Ledger.create(at: runFolder)
/// try ledger.checkWritable()
/// let record = try ledger.begin(manifest, files: [RecordFile(path: "recipe.yaml", text: recipe)], at: now)
/// try ledger.append(RunEvent(.checkpoint, step: 50, digest: digest), to: record.run, at: now)
/// ```
/// Only objects and references below `refs/serre` are written: branches, HEAD, index, work tree, hooks and
/// configuration stay as they are, and no hook runs. What a call has returned from is on the disk. Any number of
/// processes may write at once. A ledger must be used by one thread at a time: open one for each.
/// The format is described at ``RecordFormat``.
public final class Ledger {
    /// The repository; freed in `deinit` and never handed out of this module.
    let repository: OpaquePointer
    /// The folder with the repository's data (`…/.git/`, or the folder itself when bare), as git prints it.
    public let repositoryPath: String
    /// The root of the work tree; `nil` for a bare repository.
    public let workTreePath: String?
    /// How long to wait for a reference that another process has locked.
    var lockPatienceSeconds = 20.0
    /// After how long a reference's lock that does not change is taken for that of a dead process. Git and libgit2 hold
    /// one for milliseconds.
    var staleLockSeconds = 10.0
    /// The objects of the newest events that this ledger wrote, until a later look finds them all in place.
    var unsettled: [GitObject] = []
    /// How commits are signed, once it was looked up, and whether the key was tried.
    var knownSigning: CommitSigning??
    var isSigningChecked = false
    /// How long to wait for a `git gc` that is at work at the beginning and at the end of a run.
    var collectorPatienceSeconds = 60.0

    private init(owning repository: OpaquePointer) {
        self.repository = repository
        repositoryPath = git_repository_path(repository).map { String(cString: $0) } ?? ""
        workTreePath = git_repository_workdir(repository).map { String(cString: $0) }
    }

    /// The folder with what all work trees of the repository share, with a final `/`.
    var commonPath: String { git_repository_commondir(repository).map { String(cString: $0) } ?? repositoryPath }
    /// The folder of the objects.
    var objectsPath: String { commonPath + "objects" }

    deinit { git_repository_free(repository) }

    /// Opens the repository that encloses `path`; `nil` when there is none.
    ///
    /// `path` need not exist yet: its nearest existing parent counts. Work trees, submodules, bare and shallow
    /// repositories and repositories without commits are all right; ones with SHA-256 object names, or owned by another
    /// user and not declared safe, are refused with the reason.
    public static func open(enclosing path: String) throws(Diagnostic) -> Ledger? {
        try LibGit2.start()
        let start = nearestFolder(to: path)
        var found = git_buf()
        defer { git_buf_dispose(&found) }
        let discovered = git_repository_discover(&found, start, 0, nil)
        if discovered == GIT_ENOTFOUND.rawValue, !isOwnershipProblem(discovered) { return nil }
        guard discovered == 0, let name = found.ptr else { throw openFailure(discovered, start) }
        return try open(repositoryAt: String(cString: name))
    }

    /// Makes a repository in the folder `path` for records only, with `path` as its work tree, or opens the one there.
    ///
    /// Missing folders are made. The repository has no commits, hooks or configuration beyond git's required ones.
    public static func create(at path: String) throws(Diagnostic) -> Ledger {
        try LibGit2.start()
        if FileManager.default.fileExists(atPath: path + "/.git") { return try open(repositoryAt: path) }
        var options = git_repository_init_options()
        let version = UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION)
        try LibGit2.check(git_repository_init_options_init(&options, version), "cannot make a repository")
        options.flags = GIT_REPOSITORY_INIT_MKDIR.rawValue | GIT_REPOSITORY_INIT_MKPATH.rawValue
        var handle: OpaquePointer?
        guard git_repository_init_ext(&handle, path, &options) == 0, let handle else {
            throw Diagnostic(
                "ledger.create", "cannot make a git repository for the record: \(LibGit2.lastReason)",
                at: .init(file: path), remedy: "make the folder writable or choose another run folder")
        }
        return Ledger(owning: handle)
    }

    private static func open(repositoryAt path: String) throws(Diagnostic) -> Ledger {
        var handle: OpaquePointer?
        let status = git_repository_open(&handle, path)
        guard status == 0, let handle else { throw openFailure(status, path) }
        return Ledger(owning: handle)
    }

    /// The reason why a repository that is there cannot be opened, with what to do.
    private static func openFailure(_ status: Int32, _ path: String) -> Diagnostic {
        let reason = LibGit2.lastReason
        if isOwnershipProblem(status) {
            let root = path.hasSuffix("/.git/") ? String(path.dropLast("/.git/".count)) : path
            return Diagnostic(
                "ledger.ownership", "the git repository belongs to another user, so git and Serre refuse to use it",
                at: .init(file: root),
                remedy: "if you trust it, run `git config --global --add safe.directory '\(root)'`"
                    + " (the full path: “*” is not enough)")
        }
        if reason.contains("extensions.objectformat") {
            return Diagnostic(
                "ledger.object-format", "the repository's object names are not SHA-1, which libgit2 cannot read",
                at: .init(file: path), expected: "object format sha1", found: "extensions.objectFormat (sha256)",
                remedy: "run in a SHA-1 repository, or in a folder outside any repository")
        }
        return Diagnostic(
            "ledger.open", "the git repository cannot be opened: \(reason)", at: .init(file: path),
            remedy: "check it with `git status`, or run in a folder outside any repository")
    }

    /// libgit2 1.5 reports a foreign owner as `GIT_EOWNER`, or as a missing `safe.directory` when none is configured.
    private static func isOwnershipProblem(_ status: Int32) -> Bool {
        status == GIT_EOWNER.rawValue
            || (status == GIT_ENOTFOUND.rawValue && LibGit2.lastReason.contains("safe.directory"))
    }

    /// The nearest folder at or above `path` that exists.
    private static func nearestFolder(to path: String) -> String {
        var url = URL(fileURLWithPath: path).standardizedFileURL
        var isFolder: ObjCBool = false
        while url.path != "/" {
            if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue { break }
            url.deleteLastPathComponent()
        }
        return url.path
    }
}
