import Diagnostics

/// Reads the documents of one source, in a defined order and within bounds of memory.
///
/// ```swift
/// let reader = try SourceReader(source)
/// for unit in try reader.plan().units {
///     try reader.read(unit) { (item) throws(Diagnostic) in
///         switch item {
///         case .document(let document): …
///         case .skip(let skipped): tally.add(skipped)
///         }
///     }
/// }
/// ```
/// Units may be read by several threads at once; a reader holds no open files between calls. Memory: the names of a
/// folder's files while its units are kept (about 50 bytes each), and per unit being read one document and some
/// buffers; never more of the texts.
public struct SourceReader: Sendable {
    /// What is read.
    public let source: Source
    /// The bounds in force.
    public let limits: IngestionLimits
    /// Folders that are no part of the source wherever they lie, without links in their paths.
    let passedOver: Set<String>

    /// Checks the source's settings; throws `ingestion.bad-language`, `ingestion.bad-pattern` or `ingestion.bad-limit`.
    ///
    /// `passedOver` are folders that are no part of the source although they may lie in its folder, such as what is made of it.
    public init(
        _ source: Source, limits: IngestionLimits = .init(), passingOver passedOver: [String] = []
    ) throws(Diagnostic) {
        (self.source, self.limits) = (source, limits)
        self.passedOver = Set(passedOver.compactMap { realPath($0) })
        try checkSettings()
    }
}

// MARK: - Reading

extension SourceReader {
    private static let archiveEndings = [".tar", ".tgz", ".txz", ".tzst"] + compressedEndings.map { ".tar" + $0 }

    /// Looks through the source and cuts it into units, which depend on its files and the limits alone.
    ///
    /// Folders are listed and the lines of plain JSONL counted; no document is read. Throws a `Diagnostic` with a
    /// code `ingestion.…` for a source that is not there, or laid out so that languages cannot be told.
    public func plan() throws(Diagnostic) -> ReadingPlan {
        switch source.kind {
        case .folder(let folder): ReadingPlan(units: try folderUnits(folder))
        case .jsonLines(let lines): ReadingPlan(units: try lineUnits(lines))
        case .debianPackages(let packages): ReadingPlan(units: try archiveUnits(packages, endings: [".deb"]))
        case .archives(let archives):
            ReadingPlan(units: try archiveUnits(archives, endings: SourceReader.archiveEndings))
        case .git(let tree): try gitPlan(tree)
        }
    }

    /// Reads a unit of this source: gives its documents and skips in order, each as soon as it is read.
    ///
    /// `progress` is kept up to date while a compressed file or an archive is read.
    ///
    /// Throws what `body` throws, which ends the reading; `ingestion.expansion` for a compressed file that swells
    /// beyond the limits, and `ingestion.source-changed` for JSONL or an archive that was written to or is gone since the
    /// source was looked through.
    public func read(
        _ unit: WorkUnit, progress: ReadingProgress = ReadingProgress(),
        _ body: (IngestedItem) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        switch (unit.content, source.kind) {
        case (.skips(let skips), _): for skipped in skips { try body(.skip(skipped)) }
        case (.files(let list), .folder(let folder)): try readFiles(list, folder, body)
        case (.lines(let file, let bytes, let firstLine), .jsonLines(let lines)):
            try readLines(file, bytes, firstLine: firstLine, lines, body)
        case (.compressedLines(let file), .jsonLines(let lines)):
            try readCompressedLines(file, lines, progress, body)
        case (.archive(let file), .archives(let archives)):
            try readArchive(file, archives, isPackage: false, progress, body)
        case (.archive(let file), .debianPackages(let packages)):
            try readArchive(file, packages, isPackage: true, progress, body)
        case (.blobs(let list), .git(let tree)): try readBlobs(list, tree, body)
        default: preconditionFailure("the unit is not one of this source")
        }
    }

    private func checkSettings() throws(Diagnostic) {
        if let language = source.language, !LanguageCode.isValid(language) {
            guard case .git = source.kind else {
                throw Diagnostic(
                    "ingestion.bad-language", "this is not a language code", expected: "a code such as fr, pt-BR or zh",
                    found: language)
            }
        }
        switch source.kind {
        case .debianPackages(let files), .archives(let files): _ = try globs(files.include)
        case .git(let tree): _ = try globs(tree.include)
        case .folder, .jsonLines: break
        }
        let bounds = [
            limits.maximumDocumentBytes, limits.maximumExpansion, limits.maximumExpandedBytes, limits.unitBytes,
            limits.unitFiles,
        ]
        guard bounds.allSatisfy({ $0 > 0 }), limits.freeExpansionBytes >= 0 else {
            throw Diagnostic("ingestion.bad-limit", "a limit of reading is not positive", expected: "at least 1")
        }
    }
}

/// The parts of a source in reading order, and what was learned while it was looked through.
public struct ReadingPlan: Sendable, Equatable {
    /// The units; their documents in turn are the source's documents.
    public var units: [WorkUnit]
    /// The version of what will be read, where the source itself knows it: the commit of a git revision.
    public var version: String?

    /// The bytes of all units, as stored.
    public var bytes: Int { units.reduce(0) { $0 &+ $1.bytes } }
}

/// What reading gives, one thing after another.
public enum IngestedItem: Sendable, Equatable {
    case document(RawDocument)
    case skip(SkippedInput)
}
