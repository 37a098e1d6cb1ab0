/// The record format that this module writes, and the newest one it reads.
///
/// A run is one reference, `refs/serre/runs/<run-id>`, that points to the newest commit of a chain; each commit is one
/// event and has the one before it as its only parent, so the oldest commit (`start`) has none. The user's own
/// history is not a parent: pushing a record does not push a branch.
///
/// **Tree.** The tree of a commit holds every file recorded so far. <doc:TheRecordFormat> lists every file and every JSON
/// key; these are written by this module itself:
///
/// | path | written by | content |
/// | --- | --- | --- |
/// | `record.json` | start | ``RecordManifest``: what runs, with which Serre and which data |
/// | `code/` | start | the user's repository as the run saw it (see ``SnapshotPolicy``); missing if there was none |
/// | `snapshot.json` | start | ``SnapshotNote``: where `code/` came from and what it lacks |
/// | `metrics/<thousand>/<first>-<last>.jsonl` | any event after steps | one JSON line per step; files are added, none grows |
/// | `checkpoints/<step>.json` | checkpoint | ``CheckpointNote``: the files, their digests and the roots of their chunks |
/// | `checkpoints/step-<step>/<file>` | checkpoint | a Git LFS pointer for each file of the checkpoint |
/// | any other path | any event | files of the caller, such as `recipe.yaml`, `environment.json` (``RunEnvironment``) or `energy.json` (``RunEnergy``) |
///
/// **Message.** The first line is for people (`serre run <run-id>: <what happened>`); free text may follow; the last
/// paragraph holds the trailers, one per line as `Key: value`:
///
/// | trailer | value |
/// | --- | --- |
/// | `Serre-Run` | the run id |
/// | `Serre-Event` | ``EventKind``: `start`, `segment`, `checkpoint`, `evaluation`, `incident`, `resume`, `end`, `examination` |
/// | `Serre-Format` | this number |
/// | `Serre-Step` | the step the event is about, if it has one |
/// | `Serre-Digest` | the digest of the training state after that step, if it was taken |
/// | `Serre-Outcome` | ``RunOutcome`` of an `end`: `finished`, `failed` or `interrupted` |
/// | `Serre-Recipe` | the recipe's name; this and the next four repeat in every commit, so the tip alone sums up the run |
/// | `Serre-State` | ``RunState`` after the event |
/// | `Serre-Last-Step` | the last step done so far |
/// | `Serre-Last-Digest` | the last digest of the training state so far |
/// | `Serre-Steps-Planned` | how many steps the recipe asks for, if it was known |
///
/// **Versions.** Readers ignore trailers, files, JSON keys and event kinds that they do not know, so those may be added
/// without a new number. The number goes up when the meaning of something written here changes; a reader refuses a
/// higher number than its own and says so.
///
/// **Signatures.** Where git is configured to sign commits (`commit.gpgsign`), each commit carries the header `gpgsig`
/// as git itself writes it, so `git verify-commit` checks it, and ``Ledger/signature(ofCommit:)`` too.
///
/// **Claims.** A record is *falsifiable by replay*, not *proven honest*. Whoever replays its steps from the recorded
/// recipe, data and checkpoints gets the recorded bits, or has shown that the record is wrong; a record that nobody has
/// replayed shows only what was claimed. See <doc:TheRecordFormat> for what it does not cover.
public enum RecordFormat {
    /// The number written as `Serre-Format` and as `format` in the JSON files of the record.
    public static let version = 1

    /// Where run references live.
    static let referencePrefix = "refs/serre/runs/"

    /// The folder of a record that holds the results of suites, a file each.
    public static let suites = "suites/"

    /// The paths of the record's tree that this module fills itself.
    enum Path {
        static let manifest = "record.json"
        static let code = "code"
        static let snapshot = "snapshot.json"
        static let metrics = "metrics/"
        static let environment = "environment.json"
        static let energy = "energy.json"
    }
}
