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
        guard let run = RunID(manifest.run) else {
            throw Diagnostic("ledger.run-id", "the manifest's run is not a run id", found: "“\(manifest.run)”")
        }
        for file in files { try file.checkPath() }
        try checkWritable()
        try checkSigning()
        var start = Start(
            run: run, manifest: manifest, files: files, event: RunEvent(.start, step: 0, message: message ?? "start"),
            time: time)
        waitForCollector()
        var missing: [String]?
        while missing != [] {
            let code = try whileObjectsVanish { () throws(Diagnostic) in try writeSnapshot(snapshot, limits: limits) }
            try whileObjectsVanish { () throws(Diagnostic) in try write(&start, code) }
            waitForCollector()
            try settle()
            // A collector that looked before the reference was there may have taken objects of the code. What is still
            // missing after it was written anew was not this call's to write: a partial clone lacks it on purpose.
            let now = try code.tree.map { (tree) throws(Diagnostic) in try missingObjects(in: tree) } ?? []
            if now == missing { break }
            missing = now
        }
        return RecordID(run: start.run, commit: start.commit?.hex ?? "")
    }

    /// A record that is being started.
    private struct Start {
        var run: RunID
        var manifest: RecordManifest
        var files: [RecordFile]
        var event: RunEvent
        var time: Date
        /// The run's first commit, once the reference points to it.
        var commit: git_oid?
    }

    /// Writes the first commit and points the reference at it: the next free one the first time, then the same.
    private func write(_ start: inout Start, _ code: (tree: git_oid?, note: SnapshotNote)) throws(Diagnostic) {
        let before = RunProgress(
            recipe: start.manifest.recipe, state: .running, step: 0, digest: nil,
            planned: start.manifest.stepsPlanned)
        for _ in 0..<Self.runIDsTried {
            start.manifest.run = start.run.text
            let written = [
                RecordFile(path: RecordFormat.Path.manifest, content: try RecordJSON.encode(start.manifest)),
                RecordFile(path: RecordFormat.Path.snapshot, content: try RecordJSON.encode(code.note)),
            ]
            let tree = try writeTree(adding: start.files + written, code: code.tree, to: nil)
            let text = RecordMessage(start.event, of: start.run, after: before).rendered
            let commit = try writeCommit(text, tree: tree.id, parent: nil, at: start.time)
            unsettled += try tree.objects + [object(commit)]
            if start.commit?.equals(commit) == true { return }
            if try advance(start.run, from: start.commit, to: commit) { return start.commit = commit }
            guard start.commit == nil else { throw contention(start.run) }
            start.run = start.run.next
        }
        throw Diagnostic("ledger.run-id", "no free run id was found", found: "\(start.run) taken", kind: .failure)
    }

    /// Adds an event to a run's record, after whatever is its newest event by then.
    ///
    /// When other processes write to the same run, every event is kept: the commit is made anew on the tip they left.
    public func append(_ event: RunEvent, to run: RunID, at time: Date) throws(Diagnostic) -> RecordID {
        precondition(event.kind != .start, "a run starts once, by begin")
        for file in event.files { try file.checkPath() }
        try settle()
        let commit = try whileObjectsVanish { () throws(Diagnostic) in try write(event, to: run, at: time) }
        // Nothing may come after an end that would find out what a collector took meanwhile.
        if event.kind == .end { waitForCollector() }
        try settle()
        return RecordID(run: run, commit: commit.hex)
    }

    private func write(_ event: RunEvent, to run: RunID, at time: Date) throws(Diagnostic) -> git_oid {
        // Each attempt sees a newer tip, so losing often means that others are making progress.
        for _ in 0..<Self.attemptsMax {
            let tip = try tip(of: run)
            let parent = try commit(tip)
            defer { git_commit_free(parent) }
            let before = try message(of: parent, tip).progress
            let text = RecordMessage(event, of: run, after: before).rendered
            let tree = try writeTree(adding: event.files, code: nil, to: git_commit_tree_id(parent)?.pointee)
            let next = try writeCommit(text, tree: tree.id, parent: parent, at: time)
            let objects = try tree.objects + [object(next)]
            if try advance(run, from: tip, to: next) {
                unsettled += objects
                return next
            }
        }
        throw contention(run)
    }

    private static let runIDsTried = 1 << 16
    private static let attemptsMax = 10_000
}
