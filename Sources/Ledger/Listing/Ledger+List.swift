import CGit2
import Diagnostics
import Foundation

extension Ledger {
    /// The runs that match, sorted by id, that is by start.
    ///
    /// Only the newest commit of each is read. A record that cannot be read is listed as ``RunState/unreadable``.
    public func runs(_ filter: RunFilter = RunFilter()) throws(Diagnostic) -> [RunSummary] {
        let database = try LibGit2.made("cannot open the objects") { git_repository_odb($0, repository) }
        defer { git_odb_free(database) }
        var result = [RunSummary]()
        for (run, tip) in try tips().reversed() {
            if let limit = filter.limit, result.count >= limit { break }
            let summary = summary(run, tip, in: database)
            if filter.matches(summary) { result.append(summary) }
        }
        return result.reversed()
    }

    /// All runs with their newest commits, sorted by id.
    private func tips() throws(Diagnostic) -> [(run: RunID, tip: git_oid?)] {
        let iterator = try LibGit2.made("cannot list the runs") {
            git_reference_iterator_glob_new($0, repository, RecordFormat.referencePrefix + "*")
        }
        defer { git_reference_iterator_free(iterator) }
        var result = [(run: RunID, tip: git_oid?)]()
        while true {
            var reference: OpaquePointer?
            let status = git_reference_next(&reference, iterator)
            if status == GIT_ITEROVER.rawValue { break }
            try LibGit2.check(status, "cannot list the runs")
            defer { git_reference_free(reference) }
            guard let name = git_reference_name(reference) else { continue }
            guard let run = RunID(String(cString: name + RecordFormat.referencePrefix.utf8.count)) else { continue }
            result.append((run, git_reference_target(reference)?.pointee))
        }
        return result.sorted { $0.run < $1.run }
    }

    private func summary(_ run: RunID, _ tip: git_oid?, in database: OpaquePointer) -> RunSummary {
        guard let tip, let read = recordTip(tip, in: database), read.format <= RecordFormat.version else {
            return unreadable(run)
        }
        return RunSummary(
            run: run, state: read.progress.state, recipe: read.progress.recipe, steps: read.progress.step,
            digest: read.progress.digest, started: run.started,
            updated: Date(timeIntervalSince1970: TimeInterval(read.seconds)), tip: tip.hex,
            stepsPlanned: read.progress.planned)
    }

    private func recordTip(_ id: git_oid, in database: OpaquePointer) -> RecordTip? {
        var (id, object) = (id, OpaquePointer?.none)
        guard git_odb_read(&object, database, &id) == 0 else { return nil }
        defer { git_odb_object_free(object) }
        guard git_odb_object_type(object) == GIT_OBJECT_COMMIT else { return nil }
        return RecordTip(
            rawCommit: UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    /// A run whose newest commit could not be read in a hurry: read once more, slowly, for the reason.
    private func unreadable(_ run: RunID) -> RunSummary {
        do throws(Diagnostic) {
            return try readSummary(run, tip(of: run))
        } catch {
            return RunSummary(
                run: run, state: .unreadable, recipe: run.recipe, steps: 0, started: run.started,
                updated: run.started, tip: "", problem: error.description)
        }
    }
}
