import Diagnostics
import Foundation
import Integrity
import Storage

/// What the commits and files of a record must say of each other. Only what could be read is compared.
struct RecordChecks {
    let run: String
    let walk: RecordWalk
    private(set) var problems: [VerificationProblem] = []

    init(_ run: String, _ walk: RecordWalk) { (self.run, self.walk) = (run, walk) }

    mutating func check() {
        checkChain()
        checkManifest()
        checkNotes()
        var metrics = MetricsChecks(walk)
        metrics.check()
        problems += metrics.problems
    }

    private mutating func note(_ object: String, _ expected: String, _ found: String) {
        problems.append(VerificationProblem(object, expected: expected, found: found, remedy: Self.remedy))
    }

    /// What was altered together with all ids above it shows only in such contradictions.
    static let remedy = "this record was not written so by Serre: do not rely on it"

    private func text(_ path: String) -> [UInt8]? { walk.files[path].flatMap { walk.contents[$0] } }

    // MARK: Chain

    private mutating func checkChain() {
        var progress: RunProgress?
        for (place, commit) in walk.commits.enumerated() {
            guard let message = commit.message else {
                note(commit.title, "a message with the trailers of a record", "none")
                progress = nil
                continue
            }
            if message.run != run { note(commit.title, "Serre-Run: \(run)", message.run) }
            let isFirst = place == 0 && walk.isComplete
            if (message.kind == .start) != isFirst, place > 0 || walk.isComplete {
                note(
                    commit.title, isFirst ? "a start, since no commit is before it" : "one start, the oldest",
                    "\(message.kind)")
            }
            if commit.parents > 1 { note(commit.title, "one parent", "\(commit.parents)") }
            let before = progress ?? (isFirst ? start(message) : nil)
            let event = RunEvent(
                message.kind, step: message.step, digest: message.digest, outcome: message.outcome, message: "",
                stepsPlanned: Self.later(message, than: progress))
            if let expected = before?.advanced(by: event), expected != message.progress {
                note(commit.title, "trailers \(Self.text(expected))", Self.text(message.progress))
            }
            progress = message.progress
            checkChanges(commit, isFirst: isFirst)
        }
    }

    /// A resume may make a run longer, and never shorter.
    private static func later(_ message: RecordMessage, than progress: RunProgress?) -> Int? {
        guard let planned = message.progress.planned else { return nil }
        return planned > progress?.planned ?? 0 ? planned : nil
    }

    private func start(_ message: RecordMessage) -> RunProgress {
        // Records of older versions do not say how many steps were planned.
        RunProgress(
            recipe: message.progress.recipe, state: .running, step: 0, digest: nil, planned: message.progress.planned)
    }

    private static func text(_ progress: RunProgress) -> String {
        "\(progress.recipe), \(progress.state.rawValue), step \(progress.step), \(progress.digest ?? "no digest")"
            + (progress.planned.map { ", \($0) planned" } ?? "")
    }

    /// Events add files; what describes the start stays as it was.
    private mutating func checkChanges(_ commit: RecordWalk.Commit, isFirst: Bool) {
        for path in commit.removed { note(commit.title, "the file \(path), as before", "no such file") }
        guard !isFirst else { return }
        let fixed = [RecordFormat.Path.manifest, RecordFormat.Path.snapshot, "recipe.yaml", "data/manifest.json"]
        for file in commit.written where file.replaces && fixed.contains(file.path) {
            note(commit.title, "\(file.path) as at the start", "blob \(file.blob)")
        }
        if let first = walk.commits.first, walk.isComplete, first.code != commit.code {
            note(commit.title, "code/ as at the start: \(first.code ?? "none")", commit.code ?? "none")
        }
    }

    // MARK: Files

    private mutating func checkManifest() {
        guard let bytes = text(RecordFormat.Path.manifest) else {
            if !walk.files.isEmpty, walk.files[RecordFormat.Path.manifest] == nil {
                note(RecordFormat.Path.manifest, "the record's manifest", "no such file")
            }
            return
        }
        guard
            let manifest = try? RecordJSON.decode(RecordManifest.self, from: bytes, path: RecordFormat.Path.manifest)
        else { return note(RecordFormat.Path.manifest, "the record's manifest", "JSON that is none") }
        if manifest.run != run { note(RecordFormat.Path.manifest, "run \(run)", manifest.run) }
        if let planned = walk.commits.first?.message?.progress.planned, walk.isComplete,
            planned != manifest.stepsPlanned
        {
            let found = manifest.stepsPlanned.map(String.init) ?? "none"
            note(RecordFormat.Path.manifest, "\(planned) steps planned, as the trailers say", found)
        }
        compare(manifest.recipeDigest, "recipe.yaml", "recipe_digest")
        compare(manifest.dataDigest, "data/manifest.json", "data_digest")
        if manifest.profileDigest != nil, let first = walk.commits.first {
            // A run that is resumed may be simulated on another cluster: the start's own profile is meant.
            let own = first.written.first { $0.path == "profile.yaml" }
            compare(manifest.profileDigest, "profile.yaml", "profile_digest", own.flatMap { walk.contents[$0.blob] })
        }
        guard let note = text(RecordFormat.Path.snapshot),
            let snapshot = try? RecordJSON.decode(SnapshotNote.self, from: note, path: "snapshot.json"),
            let first = walk.commits.first, walk.isComplete
        else { return }
        if snapshot.tree != first.code {
            self.note("snapshot.json", "the tree of code/: \(first.code ?? "none")", snapshot.tree ?? "none")
        }
    }

    private mutating func compare(_ recorded: String?, _ path: String, _ key: String, _ bytes: [UInt8]? = nil) {
        guard let recorded else { return }
        guard let bytes = bytes ?? text(path) else {
            // A blob that could not be read has been named already.
            if walk.files[path] == nil { note(path, "the file of \(key)", "no such file") }
            return
        }
        guard let digest = Digest(recorded) else { return note("record.json", "a digest in \(key)", recorded) }
        let found = SHA256.digest(of: bytes)
        if found != digest, SHA256.digest(of: Self.unsealed(bytes, digest)) != digest {
            note(path, "\(recorded), as \(key) of record.json says", found.description)
        }
    }

    /// A file that holds its own digest was hashed with zeros for the digits.
    private static func unsealed(_ bytes: [UInt8], _ digest: Digest) -> Data {
        var data = Data(bytes)
        if let place = data.range(of: Data(digest.hex.utf8)) {
            data.replaceSubrange(place, with: Data(repeating: UInt8(ascii: "0"), count: 64))
        }
        return data
    }

    // MARK: Checkpoints

    private mutating func checkNotes() {
        for path in walk.files.keys.sorted() where Ledger.isCheckpointNote(path) {
            guard let bytes = text(path) else { continue }
            guard let checkpoint = try? RecordJSON.decode(CheckpointNote.self, from: bytes, path: path) else {
                note(path, "the note of a checkpoint", "something else")
                continue
            }
            if path != "\(CheckpointNote.treeFolder)\(padded(checkpoint.step, 8)).json" {
                note(path, "the step of its name", "step \(checkpoint.step)")
            }
            checkPointers(checkpoint)
        }
        for commit in walk.commits {
            guard let message = commit.message, message.kind == .checkpoint, let digest = message.digest else {
                continue
            }
            let added = commit.written.first { Ledger.isCheckpointNote($0.path) }
            guard let added, let bytes = walk.contents[added.blob],
                let checkpoint = try? RecordJSON.decode(CheckpointNote.self, from: bytes, path: added.path)
            else { continue }
            if checkpoint.stateDigest != digest || checkpoint.step != message.step {
                note(
                    commit.title, "the state of \(added.path): step \(checkpoint.step), \(checkpoint.stateDigest)",
                    "step \(message.step.map(String.init) ?? "none"), \(digest)")
            }
        }
    }

    /// Records of older versions have no pointers; the others have one for each file.
    private mutating func checkPointers(_ checkpoint: CheckpointNote) {
        guard checkpoint.index != nil else { return }
        for file in checkpoint.allFiles {
            let path = checkpoint.pointerFolder + file.name
            guard walk.files[path] == nil || text(path) != nil else { continue }
            let found = text(path).flatMap { LFSPointer(String(decoding: $0, as: UTF8.self)) }
            if found?.digest.description != file.sha256 || found?.bytes != file.bytes {
                note(
                    path, "a Git LFS pointer to \(file.sha256), \(file.bytes) bytes",
                    found.map { "\($0.digest), \($0.bytes) bytes" } ?? "none")
            }
        }
    }
}
