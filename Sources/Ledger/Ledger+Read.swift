import CGit2
import Diagnostics
import Foundation

extension Ledger {
    /// The ids of all runs, sorted.
    public func runIDs() throws(Diagnostic) -> [RunID] {
        let iterator = try LibGit2.made("cannot list the runs") {
            git_reference_iterator_glob_new($0, repository, RecordFormat.referencePrefix + "*")
        }
        defer { git_reference_iterator_free(iterator) }
        var result = [RunID]()
        while true {
            var name: UnsafePointer<CChar>?
            let status = git_reference_next_name(&name, iterator)
            if status == GIT_ITEROVER.rawValue { return result.sorted() }
            try LibGit2.check(status, "cannot list the runs")
            guard let name else { continue }
            if let run = RunID(String(String(cString: name).dropFirst(RecordFormat.referencePrefix.count))) {
                result.append(run)
            }
        }
    }

    /// The run that started last; `nil` when there is none.
    public func latestRun() throws(Diagnostic) -> RunID? {
        try runIDs().last
    }

    /// The run that `text` means: a whole id, a part that only one id contains, or `latest`.
    public func find(_ text: String) throws(Diagnostic) -> RunID {
        let all = try runIDs()
        if let exact = all.first(where: { $0.text == text }) { return exact }
        if text == "latest", let last = all.last { return last }
        let near = text.isEmpty ? [] : all.filter { $0.text.contains(text) }
        if near.count == 1 { return near[0] }
        if near.count > 1 {
            let some = near.suffix(4).map(\.text).joined(separator: ", ")
            throw Diagnostic(
                "ledger.ambiguous-run", "“\(text)” is part of \(near.count) run ids", found: some,
                remedy: "give more of the id")
        }
        let hint = nearestWord(to: text, among: all.map(\.text)).map { "did you mean \($0)?" }
        throw Diagnostic(
            "ledger.unknown-run", "the repository has no record of this run", at: .init(file: repositoryPath),
            found: "“\(text)”", remedy: hint ?? "`serre runs list` shows the runs it has")
    }

    /// The whole record of a run.
    public func read(_ run: RunID) throws(Diagnostic) -> RunRecord {
        let tip = try tip(of: run)
        let events = try events(from: tip)
        let tree = try tree(treeID(ofCommit: tip))
        defer { git_tree_free(tree) }
        return RunRecord(
            summary: try readSummary(run, tip),
            manifest: try decoded(RecordManifest.self, at: RecordFormat.Path.manifest, in: tree),
            snapshot: try decoded(SnapshotNote.self, at: RecordFormat.Path.snapshot, in: tree),
            environment: try decodedIfThere(RunEnvironment.self, at: RecordFormat.Path.environment, in: tree),
            events: events, files: try files(of: tree, below: ""))
    }

    /// The id of a run's newest commit: as long as it stays the same, so does the record.
    public func newestCommit(_ run: RunID) throws(Diagnostic) -> String { try tip(of: run).hex }

    /// The bytes of a file at the tip of a run's record; `nil` when the record has no such file.
    public func file(_ run: RunID, _ path: String) throws(Diagnostic) -> [UInt8]? {
        let tree = try tree(treeID(ofCommit: tip(of: run)))
        defer { git_tree_free(tree) }
        return try blob(at: path, in: tree)
    }

    // MARK: Parts

    func readSummary(_ run: RunID, _ tip: git_oid) throws(Diagnostic) -> RunSummary {
        let commit = try commit(tip)
        defer { git_commit_free(commit) }
        let progress = try message(of: commit, tip).progress
        return RunSummary(
            run: run, state: progress.state, recipe: progress.recipe, steps: progress.step, digest: progress.digest,
            started: run.started, updated: time(of: commit), tip: tip.hex, stepsPlanned: progress.planned)
    }

    /// The events of the chain that ends at `tip`, oldest first.
    func events(from tip: git_oid) throws(Diagnostic) -> [RecordedEvent] {
        var result = [RecordedEvent]()
        var next: git_oid? = tip
        while let id = next {
            let commit = try commit(id)
            defer { git_commit_free(commit) }
            let message = try message(of: commit, id)
            result.append(
                RecordedEvent(
                    commit: id.hex, time: time(of: commit), kind: message.kind, step: message.step,
                    digest: message.digest, outcome: message.outcome, message: message.text))
            next = git_commit_parentcount(commit) == 0 ? nil : git_commit_parent_id(commit, 0)?.pointee
        }
        return result.reversed()
    }

    private func decoded<T: Decodable>(
        _ type: T.Type, at path: String, in tree: OpaquePointer
    ) throws(Diagnostic) -> T {
        guard let value = try decodedIfThere(type, at: path, in: tree) else {
            throw Diagnostic(
                "ledger.incomplete", "the record lacks a required file", at: .init(file: path), kind: .failure)
        }
        return value
    }

    private func decodedIfThere<T: Decodable>(
        _ type: T.Type, at path: String, in tree: OpaquePointer
    ) throws(Diagnostic) -> T? {
        guard let bytes = try blob(at: path, in: tree) else { return nil }
        return try RecordJSON.decode(type, from: bytes, path: path)
    }

    /// The files of a tree and of the trees in it, `code/` excepted; git keeps the entries in order.
    func files(of tree: OpaquePointer, below folder: String) throws(Diagnostic) -> [RecordedFile] {
        var result = [RecordedFile]()
        for position in 0..<git_tree_entrycount(tree) {
            guard let entry = git_tree_entry_byindex(tree, position), let name = git_tree_entry_name(entry),
                let id = git_tree_entry_id(entry)?.pointee
            else { continue }
            let path = folder + String(cString: name)
            if git_tree_entry_type(entry) == GIT_OBJECT_TREE {
                guard path != RecordFormat.Path.code else { continue }
                let subtree = try self.tree(id)
                defer { git_tree_free(subtree) }
                result += try files(of: subtree, below: path + "/")
            } else {
                result.append(RecordedFile(path: path, bytes: try size(of: id), blob: id.hex))
            }
        }
        return folder.isEmpty ? result.sorted { $0.path < $1.path } : result
    }

    private func size(of id: git_oid) throws(Diagnostic) -> Int {
        var id = id
        let database = try LibGit2.made("cannot open the objects") { git_repository_odb($0, repository) }
        defer { git_odb_free(database) }
        var (size, kind) = (0, GIT_OBJECT_BLOB)
        try LibGit2.check(git_odb_read_header(&size, &kind, database, &id), "cannot read the object \(id.hex)")
        return size
    }
}
