import Diagnostics
import Foundation
import Storage

/// Sends the records of runs to another repository and fetches them from there, by the program git and a refspec.
///
/// Plain `git push` and `git fetch` pass over `refs/serre/runs/*`. Nothing is forced: a run goes forward or is refused, and
/// no branch, tag or configuration is touched, but for ``configure()``.
public struct RunExchange {
    /// Where a run stands after an exchange.
    public enum Outcome: String, Sendable, Codable {
        /// The other side did not have it.
        case new
        /// It went forward.
        case updated
        /// Both sides had the same.
        case same
        /// The receiving side has more events than the sending one: nothing to do.
        case ahead
        /// Both sides have events that the other lacks: refused.
        case diverged
        /// The receiving repository refused it; the note says why.
        case refused
    }

    /// A run and how it fared.
    public struct Item: Sendable, Equatable {
        public var run: String
        public var outcome: Outcome
        public var note: String?
    }

    private let git: SystemProgram
    private let repository: String
    /// The name of a remote, or the place of a repository.
    public let remote: String

    private static let refspec = "\(RecordFormat.referencePrefix)*:\(RecordFormat.referencePrefix)*"

    /// An exchange of the ledger's repository with `remote`; throws when the program git is missing.
    public init(_ ledger: Ledger, remote: String) throws(Diagnostic) {
        guard !remote.isEmpty, !remote.hasPrefix("-") else {
            throw Diagnostic("exchange.remote", "this is no remote repository", found: "“\(remote)”")
        }
        git = try SystemProgram("git", package: "git")
        repository = ledger.repositoryPath
        self.remote = remote
    }

    // MARK: Push

    /// Sends runs, all when `runs` is empty. Throws only when the remote cannot be reached at all.
    public func push(_ runs: [RunID] = []) throws(Diagnostic) -> [Item] {
        let specs =
            runs.isEmpty
            ? [Self.refspec]
            : runs.map { "\(RecordFormat.referencePrefix)\($0):\(RecordFormat.referencePrefix)\($0)" }
        let theirs = try remoteRuns()
        let outcome = try run(["push", "--porcelain", "--no-verify", "--", remote] + specs)
        let lines = outcome.output.split(separator: "\n").filter { $0.contains("\t\(RecordFormat.referencePrefix)") }
        guard outcome.status == 0 || !lines.isEmpty else { throw failure(outcome, "send runs to") }
        // What git complains of below a line of its report, such as a folder that cannot be written.
        let complaint = outcome.errors.split(separator: "\n").map(String.init)
            .first { $0.contains("error:") || $0.contains("fatal:") }?.replacing("remote: ", with: "")
        var items = [Item]()
        for line in lines {
            if let item = try item(line, theirs, complaint) { items.append(item) }
        }
        return items.sorted { $0.run < $1.run }
    }

    /// A line of git's report: flag, source:target, summary, parted by tabs.
    private func item(
        _ line: Substring, _ theirs: [String: String], _ complaint: String?
    ) throws(Diagnostic) -> Item? {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard parts.count >= 3, let target = parts[1].split(separator: ":").last else { return nil }
        let name = String(target.dropFirst(RecordFormat.referencePrefix.count))
        switch parts[0] {
        case "=": return Item(run: name, outcome: .same)
        case "*": return Item(run: name, outcome: .new)
        case " ": return Item(run: name, outcome: .updated)
        default: break
        }
        let summary = String(parts[2])
        guard summary.hasPrefix("[rejected]") else {
            return Item(run: name, outcome: .refused, note: complaint.map { "\(summary): \($0)" } ?? summary)
        }
        // “Fetch first” is said where the remote's newest event is unknown here; whether the two have parted, fetching tells.
        var isAhead = summary.contains("fetch first")
        if !isAhead, let tip = theirs[name] { isAhead = try isAncestor(RecordFormat.referencePrefix + name, of: tip) }
        if isAhead {
            return Item(run: name, outcome: .ahead, note: "the remote has more events: serre runs fetch brings them")
        }
        return Item(
            run: name, outcome: .diverged,
            note: "the remote has events that this repository lacks; fetch first, and see which of both is the run")
    }

    // MARK: Fetch

    /// Fetches runs, all when `names` is empty. Throws when the remote cannot be reached or lacks a named run.
    public func fetch(_ names: [String] = []) throws(Diagnostic) -> [Item] {
        let theirs = try remoteRuns()
        if let unknown = names.first(where: { theirs[$0] == nil }) {
            throw Diagnostic(
                "exchange.unknown-run", "the remote has no such run", at: .init(file: remote), found: unknown,
                remedy: nearestWord(to: unknown, among: theirs.keys.sorted()).map { "did you mean \($0)?" })
        }
        let wanted = names.isEmpty ? theirs.keys.sorted() : names
        guard !wanted.isEmpty else { return [] }
        let before = try localRuns()
        let specs =
            names.isEmpty
            ? [Self.refspec]
            : names.map { "\(RecordFormat.referencePrefix)\($0):\(RecordFormat.referencePrefix)\($0)" }
        let outcome = try run(
            ["fetch", "--no-progress", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--", remote]
                + specs)
        let after = try localRuns()
        var items: [Item] = []
        for name in wanted {
            let (old, new) = (before[name], after[name])
            if new == theirs[name] {
                items.append(Item(run: name, outcome: old == nil ? .new : old == new ? .same : .updated))
            } else if let theirs = theirs[name], new != nil,
                try isAncestor(theirs, of: RecordFormat.referencePrefix + name)
            {
                items.append(Item(run: name, outcome: .ahead, note: "this repository has more events than the remote"))
            } else if new != nil, outcome.errors.contains("[rejected]") {
                items.append(
                    Item(
                        run: name, outcome: .diverged,
                        note: "both have events that the other lacks; nothing was changed. To look at the remote's: "
                            + "git fetch \(remote) \(RecordFormat.referencePrefix)\(name)"))
            } else {
                throw failure(outcome, "fetch runs from")
            }
        }
        return items
    }

    // MARK: Configuration

    /// Makes plain `git fetch` of the remote bring runs too; the line that was added, `nil` when it was there.
    ///
    /// This is the one place where the user's configuration is written, on their demand.
    public func configure() throws(Diagnostic) -> String? {
        let key = "remote.\(remote).fetch"
        let known = try run(["config", "--get-all", key])
        guard known.status == 0 else {
            throw Diagnostic(
                "exchange.no-remote", "the repository has no remote of this name to configure", found: remote,
                remedy: "add it with git remote add \(remote) URL")
        }
        if known.output.split(separator: "\n").contains(where: { $0.hasPrefix(Self.refspec) }) { return nil }
        let added = try run(["config", "--add", key, Self.refspec])
        guard added.status == 0 else { throw failure(added, "configure") }
        return "\(key) = \(Self.refspec)"
    }

    // MARK: Parts

    private func remoteRuns() throws(Diagnostic) -> [String: String] {
        let outcome = try run(["ls-remote", "--quiet", "--", remote, RecordFormat.referencePrefix + "*"])
        guard outcome.status == 0 else { throw failure(outcome, "read the runs of") }
        return Self.runs(outcome.output)
    }

    private func localRuns() throws(Diagnostic) -> [String: String] {
        let outcome = try run(["for-each-ref", "--format=%(objectname)\t%(refname)", RecordFormat.referencePrefix])
        guard outcome.status == 0 else { throw failure(outcome, "read the runs before an exchange with") }
        return Self.runs(outcome.output)
    }

    private static func runs(_ text: String) -> [String: String] {
        var runs: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "\t")
            guard parts.count == 2, parts[1].hasPrefix(RecordFormat.referencePrefix) else { continue }
            runs[String(parts[1].dropFirst(RecordFormat.referencePrefix.count))] = String(parts[0])
        }
        return runs
    }

    /// Whether a commit comes before another; false where one of them is not here.
    private func isAncestor(_ old: String, of new: String) throws(Diagnostic) -> Bool {
        try run(["merge-base", "--is-ancestor", old, new]).status == 0
    }

    private func run(_ arguments: [String]) throws(Diagnostic) -> SystemProgram.Outcome {
        // A question for a password could not be seen, and would wait for ever.
        try git.run(
            ["--git-dir", repository] + arguments,
            environment: ["GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_DIR": nil, "GIT_WORK_TREE": nil])
    }

    private func failure(_ outcome: SystemProgram.Outcome, _ what: String) -> Diagnostic {
        Diagnostic(
            "exchange.git", "cannot \(what) \(remote): \(outcome.complaint)",
            remedy: "check the remote with git ls-remote \(remote), and your right to write it", kind: .failure)
    }
}
