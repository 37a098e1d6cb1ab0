import Diagnostics
import Foundation
import Ledger
import Recipes

/// Where a run would be recorded, and which of the user's files with it, said before any is.
struct RecordPlan {
    private let repository: String?
    private let policy: SnapshotPolicy
    private let limits = SnapshotLimits()
    /// Untracked files that the record would hold, and those that it would leave out; empty unless they are asked for.
    let untracked: UntrackedFiles
    private let isSigned: Bool

    /// Looks at the repository around the current folder.
    init(_ recipe: Recipe) throws(Diagnostic) {
        policy = Self.policy(recipe)
        let ledger = try Ledger.open(enclosing: FileManager.default.currentDirectoryPath)
        repository = ledger?.repositoryPath
        isSigned = try ledger?.isSigning ?? false
        untracked = try policy == .all ? ledger?.untrackedFiles(limits: limits) ?? UntrackedFiles() : UntrackedFiles()
    }

    static func policy(_ recipe: Recipe) -> SnapshotPolicy { recipe.ledger.code == .all ? .all : .tracked }

    /// What the record takes up beside tracked files, in one sentence; `nil` when there is nothing.
    var untrackedText: String? {
        guard policy == .all, repository != nil else { return nil }
        let left = untracked.skipped.count
        return "\(grouped(untracked.files.count)) untracked files (\(bytesText(untracked.bytes))) are recorded"
            + (left > 0 ? ", \(grouped(left)) above \(bytesText(limits.fileBytesMax)) are not" : "")
            + "; .serreignore leaves out more"
    }

    /// The lines of a dry run, with their label.
    var lines: [String] {
        guard let repository else { return ["record      in the run's own folder: no git repository is around here"] }
        let code = policy == .all ? "with tracked files" : "with tracked files, as they are now"
        var lines = ["record      in \(repository), \(code)\(isSigned ? ", signed" : "")"]
        guard let untrackedText else { return lines }
        lines.append("            " + untrackedText)
        for file in untracked.files.prefix(Self.namesMax) {
            lines.append("              \(file.path) (\(bytesText(file.bytes)))")
        }
        let more = untracked.files.count - Self.namesMax
        if more > 0 { lines.append("              and \(grouped(more)) more") }
        return lines
    }

    private static let namesMax = 20
}
