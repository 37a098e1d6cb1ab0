import Diagnostics
import Ingestion
import Integrity

/// A specification's sources cut into units: what there is to read, in order.
struct BuildPlan: Sendable {
    /// A unit of a source among all units of the build.
    struct Unit: Sendable {
        /// The source's place in ``readers``.
        var source: Int
        var work: WorkUnit
        /// Stands for the specification and the state of the unit's files.
        var key: Digest
    }

    /// One for each source that is not removed.
    let readers: [SourceReader]
    /// The versions that sources know themselves, in the same order.
    let versions: [String?]
    let units: [Unit]
    /// Stands for the specification and the state of all files.
    let key: Digest

    /// The sources that are read.
    var sources: [Source] { readers.map(\.source) }

    /// Looks through the sources; relative paths begin at `root`. Throws where a source is not there.
    ///
    /// `passedOver` are folders that are no part of any source: the corpus may be built in a source's own folder.
    init(
        _ specification: CorpusSpecification, root: String, limits: IngestionLimits,
        passingOver passedOver: [String] = []
    ) throws(Diagnostic) {
        let removed = try Self.removedSources(of: specification)
        var (readers, versions, units) = ([SourceReader](), [String?](), [Unit]())
        let identity = specification.workDigest
        for source in specification.sources where !removed.contains(source.name) {
            let reader = try SourceReader(source.resolved(against: root), limits: limits, passingOver: passedOver)
            let plan = try Self.plan(reader, specification.sourcePlaces.byName[source.name])
            for work in plan.units {
                var hash = SHA256()
                hash.update(identity.bytes)
                hash.update("\(readers.count) \(work.id) ".utf8)
                hash.update(work.stamp.bytes)
                units.append(Unit(source: readers.count, work: work, key: hash.finish()))
            }
            readers.append(reader)
            versions.append(plan.version)
        }
        var hash = SHA256()
        hash.update(identity.bytes)
        for unit in units { hash.update(unit.key.bytes) }
        (self.readers, self.versions, self.units) = (readers, versions, units)
        key = hash.finish()
    }

    /// Names the source that is not there, and where the specification names it.
    private static func plan(
        _ reader: SourceReader, _ place: Diagnostic.Location?
    ) throws(Diagnostic) -> ReadingPlan {
        do throws(Diagnostic) {
            return try reader.plan()
        } catch {
            guard error.code == "ingestion.source-missing" else { throw error }
            var located = error
            located.message = "the source \(reader.source.name) is not there: \(error.message)"
            guard let place, place.file != nil else { throw located }
            located.found = error.location?.file
            located.location = place
            located.remedy = "correct the path, which begins at the specification's folder"
            throw located
        }
    }

    private static func removedSources(of specification: CorpusSpecification) throws(Diagnostic) -> [String] {
        let names = specification.sources.map(\.name)
        let removed = specification.removed.compactMap(\.source)
        for name in removed where !names.contains(name) {
            throw Diagnostic(
                "corpus.no-such-source", "the corpus has no such source",
                expected: "one of \(names.joined(separator: ", "))", found: "\"\(name)\"",
                remedy: nearestWord(to: name, among: names).map { "did you mean \($0)?" })
        }
        guard removed.count < names.count else {
            throw Diagnostic("corpus.no-sources", "there is nothing to build from: every source is removed")
        }
        return removed
    }
}

extension Source {
    /// This source with its relative paths beginning at a folder.
    fileprivate func resolved(against root: String) -> Source {
        func path(_ path: String) -> String { path.hasPrefix("/") || root.isEmpty ? path : "\(root)/\(path)" }
        var source = self
        switch kind {
        case .folder(var folder):
            folder.path = path(folder.path)
            source.kind = .folder(folder)
        case .jsonLines(var lines):
            lines.paths = lines.paths.map(path)
            source.kind = .jsonLines(lines)
        case .debianPackages(var files):
            files.paths = files.paths.map(path)
            source.kind = .debianPackages(files)
        case .archives(var files):
            files.paths = files.paths.map(path)
            source.kind = .archives(files)
        case .git(var tree):
            tree.path = path(tree.path)
            source.kind = .git(tree)
        }
        return source
    }

    /// What a specification calls the kind.
    var kindName: String {
        switch kind {
        case .folder: CorpusSpecification.SourceKind.folder.rawValue
        case .jsonLines: CorpusSpecification.SourceKind.jsonl.rawValue
        case .debianPackages: CorpusSpecification.SourceKind.debian.rawValue
        case .archives: CorpusSpecification.SourceKind.tar.rawValue
        case .git: CorpusSpecification.SourceKind.git.rawValue
        }
    }
}
