import CGit2
import Diagnostics
import Foundation

/// The metrics files of a run in the order in which they were recorded: of two lines for a step, the later one is what the
/// run went on from.
public struct RecordedMetrics: Sendable, Equatable {
    public var files: [RecordedFile]
    /// The last step that the run has come to since it was resumed; `nil` for a run that never was. What files hold of later
    /// steps was left behind by the resume, and has not been done again.
    public var reached: Int?
}

extension Ledger {
    /// The metrics lines of a run, as they were recorded; of steps that were done again after a resume, all versions.
    ///
    /// Steps after the one that the run was resumed from, and that it has not come to again, are left out.
    public func metrics(_ run: RunID) throws(Diagnostic) -> [String] {
        let recorded = try recordedMetrics(run)
        var lines = [String]()
        for file in recorded.files {
            let all = String(decoding: try content(of: file), as: UTF8.self).split(separator: "\n").map(String.init)
            guard let reached = recorded.reached, Self.lastStep(file.path) ?? .max > reached else {
                lines += all
                continue
            }
            lines += all.filter { line in Self.step(ofLine: line).map { $0 <= reached } ?? true }
        }
        return lines
    }

    private static func step(ofLine line: String) -> Int? {
        struct Line: Decodable { var step: Int }
        return (try? JSONDecoder().decode(Line.self, from: Data(line.utf8)))?.step
    }

    /// The bytes of a file of a record, also of one that a later commit has replaced.
    public func content(of file: RecordedFile) throws(Diagnostic) -> [UInt8] {
        var id = git_oid()
        try LibGit2.check(git_oid_fromstr(&id, file.blob), "“\(file.blob)” is not the name of an object")
        let blob = try LibGit2.made("cannot read \(file.path)") { git_blob_lookup($0, repository, &id) }
        defer { git_blob_free(blob) }
        return Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: Int(git_blob_rawsize(blob))))
    }

    /// Which files hold a run's metrics, in the order in which they were recorded.
    public func recordedMetrics(_ run: RunID) throws(Diagnostic) -> RecordedMetrics {
        let events = try events(from: tip(of: run))
        var known = Set<String>()
        var result = RecordedMetrics(files: [])
        for piece in Self.pieces(events) {
            guard let last = piece.last else { continue }
            // A commit keeps the files of those before it: what is new since the last resume is this piece's.
            let new = try metricsFiles(inCommit: last.commit).filter { known.insert("\($0.blob) \($0.path)").inserted }
            result.files += new
            guard piece.first?.kind == .resume else { continue }
            let told = piece.filter { [.resume, .segment, .checkpoint, .evaluation, .end].contains($0.kind) }
            result.reached = (told.compactMap(\.step) + new.compactMap { Self.lastStep($0.path) }).max()
        }
        return result
    }

    /// The events from the start or a resume to the next one.
    private static func pieces(_ events: [RecordedEvent]) -> [ArraySlice<RecordedEvent>] {
        let begins = [0] + events.indices.filter { $0 > 0 && events[$0].kind == .resume }
        return zip(begins, begins.dropFirst() + [events.count]).map { events[$0..<$1] }
    }

    /// The metrics files among those of a commit, in order of their steps.
    private func metricsFiles(inCommit commit: String) throws(Diagnostic) -> [RecordedFile] {
        var id = git_oid()
        try LibGit2.check(git_oid_fromstr(&id, commit), "“\(commit)” is not the name of a commit")
        let tree = try tree(treeID(ofCommit: id))
        defer { git_tree_free(tree) }
        return try files(of: tree, below: "").filter { $0.path.hasPrefix(RecordFormat.Path.metrics) }
            .map { (name: $0.path.split(separator: "/").last ?? "", file: $0) }
            // Six digits or more: shorter names come first.
            .sorted { ($0.name.utf8.count, $0.name) < ($1.name.utf8.count, $1.name) }
            .map(\.file)
    }

    /// The last step that the name of a metrics file tells of.
    private static func lastStep(_ path: String) -> Int? {
        path.split(separator: "/").last?.split(separator: ".").first?.split(separator: "-").last.flatMap { Int($0) }
    }
}
