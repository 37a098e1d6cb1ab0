import Diagnostics
import Foundation
import Integrity

/// A timestamp in a run's record, and what checking it found.
public struct TimestampCheck: Sendable, Equatable {
    /// The file of the record that holds the authority's answer.
    public var path: String
    /// The commit it is about, by the file's name.
    public var commit: String
    /// The authority's time; `nil` when the answer cannot be read.
    public var time: Date?
    /// The signing certificate's subject, if the answer holds it.
    public var signer: String?
    /// Whether the signature was checked, which needs the authority's root certificate.
    public var isSignatureChecked: Bool
    /// Why the timestamp is worthless; `nil` when nothing that was checked is wrong.
    public var problem: String?
}

extension EventKind {
    /// A timestamp authority stamped an earlier commit of the record.
    public static let timestamp = EventKind(name: "timestamp")
}

extension Ledger {
    /// What a timestamp of a commit stamps: the SHA-256 of the bytes that `git cat-file commit` prints.
    ///
    /// That binds the commit's text and the ids in it. Those ids, of the tree and the parent, are SHA-1, which libgit2
    /// and git check for the known collisions; a timestamp alone is no stronger than that for what lies below them.
    public func timestampDigest(ofCommit commit: String) throws(Diagnostic) -> Digest {
        SHA256.digest(of: try commitBytes(commit))
    }

    /// The newest commit of a run and the query for its timestamp.
    ///
    /// It covers the record up to there, earlier timestamps included: stamping again renews them.
    public func timestampQuery(_ run: RunID) throws(Diagnostic) -> (commit: String, query: TimestampQuery) {
        let commit = try tip(of: run).hex
        return (commit, try TimestampQuery(of: timestampDigest(ofCommit: commit)))
    }

    /// Adds an authority's answer to a run's record, as `timestamps/<commit>.tsr` with an event of its own.
    ///
    /// The commit is the one whose digest was stamped; throws `timestamp.other` when none of the run's is. The signature
    /// is not checked: ``timestamps(_:authorities:)`` does.
    public func attach(_ response: TimestampResponse, to run: RunID, at time: Date) throws(Diagnostic) -> RecordID {
        var stamped: String?
        for event in try read(run).events.reversed() {
            if try timestampDigest(ofCommit: event.commit) == response.digest {
                stamped = event.commit
                break
            }
        }
        guard let stamped else {
            throw Diagnostic(
                "timestamp.other", "the timestamp is not of a commit of this run", expected: "a commit of \(run)",
                found: "\(response.digest)", remedy: "make the query with serre runs timestamp \(run) --query")
        }
        let path = Self.timestampFolder + stamped + Self.timestampSuffix
        guard try file(run, path) == nil else {
            throw Diagnostic(
                "timestamp.taken", "this commit has a timestamp already", at: .init(file: path), found: stamped,
                remedy: "a new query stamps the newest commit, the first timestamp included")
        }
        let words = "timestamp of \(stamped.prefix(10))" + (response.signer.map { " by \($0)" } ?? "")
        return try append(
            RunEvent(.timestamp, message: words, files: [RecordFile(path: path, content: response.bytes)]), to: run,
            at: time)
    }

    /// The timestamps of a run, oldest commit first, each checked against its commit.
    ///
    /// With `authorities`, a PEM file of root certificates, the signatures are checked too.
    public func timestamps(_ run: RunID, authorities: String? = nil) throws(Diagnostic) -> [TimestampCheck] {
        let record = try read(run)
        let paths = record.files.map(\.path).filter {
            $0.hasPrefix(Self.timestampFolder) && $0.hasSuffix(Self.timestampSuffix)
        }
        let order = record.events.map(\.commit)
        var checks = [(place: Int, check: TimestampCheck)]()
        for path in paths {
            let commit = String(path.dropFirst(Self.timestampFolder.count).dropLast(Self.timestampSuffix.count))
            var check = TimestampCheck(path: path, commit: commit, isSignatureChecked: false)
            do throws(Diagnostic) {
                let response = try TimestampResponse(try file(run, path) ?? [], file: path)
                (check.time, check.signer) = (response.time, response.signer)
                try check.compare(response, isOfRun: order.contains(commit), authorities, in: self)
            } catch {
                check.problem = error.description
            }
            checks.append((order.firstIndex(of: commit) ?? order.count, check))
        }
        return checks.sorted { ($0.place, $0.check.path) < ($1.place, $1.check.path) }.map(\.check)
    }

    private static let timestampFolder = "timestamps/"
    private static let timestampSuffix = ".tsr"
}

extension TimestampCheck {
    fileprivate mutating func compare(
        _ response: TimestampResponse, isOfRun: Bool, _ authorities: String?, in ledger: Ledger
    ) throws(Diagnostic) {
        guard isOfRun else {
            throw Diagnostic(
                "timestamp.other", "the timestamp is of a commit that this run does not have", at: .init(file: path),
                found: commit, kind: .failure)
        }
        let digest = try ledger.timestampDigest(ofCommit: commit)
        guard digest == response.digest else {
            throw Diagnostic(
                "timestamp.digest", "the timestamp is not of the commit that its name says", at: .init(file: path),
                expected: "\(digest)", found: "\(response.digest)", kind: .failure)
        }
        guard let authorities else { return }
        try response.verify(authorities: authorities)
        isSignatureChecked = true
    }
}
