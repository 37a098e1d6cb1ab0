import Foundation

/// One line of a list of runs, read from the newest commit alone.
public struct RunSummary: Sendable, Equatable {
    public var run: RunID
    public var state: RunState
    /// The recipe's name.
    public var recipe: String
    /// The last step done so far.
    public var steps: Int
    /// The digest of the training state after ``steps``, if it was taken then.
    public var digest: String?
    public var started: Date
    /// The time of the newest event.
    public var updated: Date
    /// The newest commit's id.
    public var tip: String
    /// How many steps the recipe asks for, if the record's newest commit says so.
    public var stepsPlanned: Int?
    /// Why the record cannot be read; only with ``RunState/unreadable``.
    public var problem: String?

    /// The first twelve digits of ``digest``, for people.
    public var shortDigest: String? {
        digest.flatMap { String($0.utf8.dropFirst("sha256:".utf8.count).prefix(12)) }
    }
}

/// A whole record: its events, and the files at its tip.
public struct RunRecord: Sendable {
    public var summary: RunSummary
    /// What runs, from `record.json`.
    public var manifest: RecordManifest
    /// Where the snapshot of the user's code came from, from `snapshot.json`.
    public var snapshot: SnapshotNote
    /// The machine and the process that ran it last, from `environment.json`; `nil` when the record has no such file.
    public var environment: RunEnvironment?
    /// The commits, oldest first.
    public var events: [RecordedEvent]
    /// The files of the record, sorted by path; those below `code/` are left out.
    public var files: [RecordedFile]

    /// The id of the tree of the user's code; `nil` when none was kept.
    public var codeTree: String? { snapshot.tree }
}

/// A file of a record, by name.
public struct RecordedFile: Sendable, Equatable {
    public var path: String
    public var bytes: Int
    /// The id of its content, 40 hexadecimal digits.
    public var blob: String
}
