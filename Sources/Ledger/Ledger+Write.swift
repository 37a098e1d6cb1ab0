import CGit2
import Diagnostics
import Foundation

/// One commit of a run's record.
public struct RecordID: Sendable, Hashable {
    public var run: RunID
    /// The commit's id, 40 hexadecimal digits.
    public var commit: String
}

extension Ledger {
    /// Starts a record: makes the reference of the run and its first commit, after ``checkWritable()``.
    ///
    /// - Parameters:
    ///   - manifest: written as `record.json`. When its run id is taken already, the next free one is used; the result
    ///     names it.
    ///   - files: further files of the record, such as `recipe.yaml`.
    ///   - snapshot: which files of the user's repository to keep under `code/`.
    ///   - message: completes `serre run <id>: `; `start` when `nil`.
    ///   - time: the commit's time, cut to whole seconds.
    public func begin(
        _ manifest: RecordManifest, files: [RecordFile] = [], snapshot: SnapshotPolicy = .tracked,
        limits: SnapshotLimits = SnapshotLimits(), message: String? = nil, at time: Date
    ) throws(Diagnostic) -> RecordID {
        guard var run = RunID(manifest.run) else {
            throw Diagnostic("ledger.run-id", "the manifest's run is not a run id", found: "“\(manifest.run)”")
        }
        for file in files { try file.checkPath() }
        try checkWritable()
        let code = try writeSnapshot(snapshot, limits: limits)
        var manifest = manifest
        let event = RunEvent(.start, step: 0, message: message ?? "start")
        let before = RunProgress(
            recipe: manifest.recipe, state: .running, step: 0, digest: nil, planned: manifest.stepsPlanned)
        for _ in 0..<Self.runIDsTried {
            manifest.run = run.text
            let written = [
                RecordFile(path: RecordFormat.Path.manifest, content: try RecordJSON.encode(manifest)),
                RecordFile(path: RecordFormat.Path.snapshot, content: try RecordJSON.encode(code.note)),
            ]
            let tree = try writeTree(adding: files + written, code: code.tree, to: nil)
            let text = RecordMessage(event, of: run, after: before).rendered
            let commit = try writeCommit(text, tree: tree, parent: nil, at: time)
            if try advance(run, from: nil, to: commit) { return RecordID(run: run, commit: commit.hex) }
            run = run.next
        }
        throw Diagnostic("ledger.run-id", "no free run id was found", found: "\(run) taken", kind: .failure)
    }

    /// Adds an event to a run's record, after whatever is its newest event by then.
    ///
    /// When other processes write to the same run, every event is kept: the commit is made anew on the tip they left.
    public func append(_ event: RunEvent, to run: RunID, at time: Date) throws(Diagnostic) -> RecordID {
        precondition(event.kind != .start, "a run starts once, by begin")
        for file in event.files { try file.checkPath() }
        // Each attempt sees a newer tip, so losing often means that others are making progress.
        for _ in 0..<Self.attemptsMax {
            let tip = try tip(of: run)
            let parent = try commit(tip)
            defer { git_commit_free(parent) }
            let before = try message(of: parent, tip).progress
            let text = RecordMessage(event, of: run, after: before).rendered
            let tree = try writeTree(adding: event.files, code: nil, to: git_commit_tree_id(parent)?.pointee)
            let next = try writeCommit(text, tree: tree, parent: parent, at: time)
            if try advance(run, from: tip, to: next) { return RecordID(run: run, commit: next.hex) }
        }
        throw contention(run)
    }

    private static let runIDsTried = 1 << 16
    private static let attemptsMax = 10_000

    // MARK: Objects

    /// Writes `files` as blobs and the tree that has them in addition to what `base` has.
    private func writeTree(
        adding files: [RecordFile], code: git_oid?, to base: git_oid?
    ) throws(Diagnostic) -> git_oid {
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
        return result
    }

    private func writeCommit(
        _ message: String, tree id: git_oid, parent: OpaquePointer?, at time: Date
    ) throws(Diagnostic) -> git_oid {
        let tree = try tree(id)
        defer { git_tree_free(tree) }
        let author = try signature(at: time)
        defer { git_signature_free(author) }
        var parents = [parent]
        var commit = git_oid()
        let status = git_commit_create(
            &commit, repository, nil, author, author, nil, message, tree, parent == nil ? 0 : 1, &parents)
        try LibGit2.check(status, "cannot write a commit of the record")
        return commit
    }

    /// The user's configured identity, or Serre's own, at `time` in UTC; the caller frees it.
    private func signature(at time: Date) throws(Diagnostic) -> UnsafeMutablePointer<git_signature> {
        let seconds = git_time_t(time.timeIntervalSince1970.rounded(.down))
        var configured: UnsafeMutablePointer<git_signature>?
        defer { git_signature_free(configured) }
        var result: UnsafeMutablePointer<git_signature>?
        if git_signature_default(&configured, repository) == 0, let configured {
            _ = git_signature_new(&result, configured.pointee.name, configured.pointee.email, seconds, 0)
        }
        if result == nil {
            let status = git_signature_new(&result, "Serre", "serre@localhost", seconds, 0)
            try LibGit2.check(status, "cannot sign the record")
        }
        guard let result else { throw LibGit2.failure(GIT_ERROR.rawValue, "cannot sign the record") }
        return result
    }
}
