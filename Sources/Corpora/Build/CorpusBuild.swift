import Diagnostics
import Foundation
import Ingestion
import Integrity

/// Builds a text corpus from a specification: read, cleaned, without duplicates, redacted, split, with digests of all.
///
/// ```swift
/// let specification = try CorpusSpecification.load("corpora/news.yaml")
/// let manifest = try CorpusBuild(specification, output: "corpora/news", options: .init(root: "corpora")).run()
/// ```
///
/// The work is done in units (see `WorkUnit`) by several threads, and each finished unit leaves files in the folder
/// `OUTPUT.partial`: a build that was stopped, even by kill -9 or a full disk, goes on from there when it is started again.
/// So does a large unit, such as a compressed file: it is read again from its beginning, and what was cleaned is not cleaned
/// again.
/// The output folder appears whole. Its bytes depend on the specification and the sources alone: not on the number of
/// workers, not on stops.
///
/// Memory, whatever the size of the texts: for each document 1 byte of fate, 43 to 86 for each kind of exact identity
/// (while they are compared), and while near-duplicates are sought 80 (SimHash) or 576 (MinHash of 128 permutations); an
/// entry of 16 to 32 bytes for each distinct line while lines are counted; for each duplicate 16 to 32 bytes and the place of
/// its original; for each worker a document, or a megabyte of smaller ones, and some buffers. Disk: twice the size of the cleaned text, half of which is
/// given back at the end.
public struct CorpusBuild: Sendable {
    /// How to build; nothing here changes a byte of the corpus.
    public struct Options: Sendable {
        /// Threads; `nil`: as many as there are cores.
        public var workers: Int?
        /// Replace the output folder if it is a corpus.
        public var replace = false
        /// Where the specification's relative paths begin; empty: the current folder.
        public var root = ""
        /// The size that units are cut to, in bytes as stored, and the most files in one.
        public var unitBytes = IngestionLimits().unitBytes
        public var unitFiles = IngestionLimits().unitFiles
        /// Within a large unit, what is done is kept each time it has grown by about so many bytes.
        public var keptBytes = 8 << 20
        /// Folders that are no part of any source, besides the output itself.
        public var passedOver: [String] = []
        /// Looks at the finished corpus before it takes its place; what it throws leaves everything as it was.
        public var check: (@Sendable (TextCorpus) throws(Diagnostic) -> Void)?
        /// Told how far the build is, from any thread.
        public var progress: (@Sendable (BuildProgress) -> Void)?
        /// Told what else there is to say, in sentences.
        public var note: (@Sendable (String) -> Void)?

        public init(
            workers: Int? = nil, replace: Bool = false, root: String = "",
            progress: (@Sendable (BuildProgress) -> Void)? = nil, note: (@Sendable (String) -> Void)? = nil
        ) {
            (self.workers, self.replace, self.root) = (workers, replace, root)
            (self.progress, self.note) = (progress, note)
        }

        /// The bounds of reading for a specification.
        func limits(of specification: CorpusSpecification) -> IngestionLimits {
            var limits = specification.limits
            (limits.unitBytes, limits.unitFiles) = (unitBytes, unitFiles)
            return limits
        }
    }

    public let specification: CorpusSpecification
    public let output: String
    public let options: Options

    public init(_ specification: CorpusSpecification, output: String, options: Options = .init()) {
        (self.specification, self.output, self.options) = (specification, output, options)
    }

    /// Builds, and returns the manifest.
    ///
    /// Throws a `Diagnostic` for sources that are not there, an output that may not be replaced or written, a full disk,
    /// and `corpus.nothing-kept` where no document is left: then the tables that say why stay in the work folder.
    @discardableResult
    public func run() throws(Diagnostic) -> TextCorpusManifest {
        let (specification, byteModels) = try specification.resolvingModels(root: options.root)
        if let finished = try takeOverFinished(specification.digest) { return finished }
        let folder = try AtomicFolder(corpus: output, replace: options.replace)
        let limits = options.limits(of: specification)
        // What an earlier run has built in a source's folder, or left unfinished there, is not one of its files.
        let own = [output, WorkFolder.path(besideOutput: output)] + options.passedOver
        let plan = try BuildPlan(specification, root: options.root, limits: limits, passingOver: own)
        let (work, start) = try WorkFolder.open(besideOutput: output, specification: specification.workDigest)
        switch start {
        case .new: break
        case .resumed: options.note?("going on with the unfinished build in \(work.path)")
        case .specificationChanged:
            options.note?("the unfinished build in \(work.path) was of another specification: starting anew")
        }
        let run = try BuildRun(
            specification: specification, plan: plan, work: work, models: StageModels(byteModels: byteModels),
            options: options)
        do throws(Diagnostic) {
            let staging = try work.emptyOutput()
            let manifest = try run.run(staging: staging)
            try check(staging, work)
            try folder.place(staging)
            work.remove()
            return manifest
        } catch {
            throw resumable(error, work: work.path)
        }
    }

    private func check(_ staging: String, _ work: WorkFolder) throws(Diagnostic) {
        guard let check = options.check else { return }
        do throws(Diagnostic) {
            try check(try TextCorpus.open(staging, verify: false))
        } catch {
            work.remove()
            throw error
        }
    }

    /// A build that was stopped after its output had taken its place only has to clean up.
    private func takeOverFinished(_ specificationDigest: Digest) throws(Diagnostic) -> TextCorpusManifest? {
        let work = WorkFolder.path(besideOutput: output)
        guard FileManager.default.fileExists(atPath: work), !FileManager.default.fileExists(atPath: work + "/output"),
            FileManager.default.fileExists(atPath: "\(work)/\(WorkFolder.placing)"),
            let manifest = try? TextCorpusManifest.read(fromFolder: output),
            manifest.specificationDigest == specificationDigest
        else { return nil }
        try? FileManager.default.removeItem(atPath: work)
        return manifest
    }

    /// Says of a full disk, or of a file that is refused, that nothing is lost.
    private func resumable(_ error: Diagnostic, work: String) -> Diagnostic {
        guard error.kind == .failure || error.code == "ingestion.expansion" else { return error }
        var error = error
        let again = "what is finished stays in \(work), and the same command goes on from there"
        error.remedy = [error.remedy, again].compactMap(\.self).joined(separator: "; ")
        return error
    }
}

/// One run of a build: what its passes share.
struct BuildRun: Sendable {
    let specification: CorpusSpecification
    let plan: BuildPlan
    let work: WorkFolder
    let options: CorpusBuild.Options
    let pool: WorkerPool
    let stages: StageNumbers
    let models: StageModels

    init(
        specification: CorpusSpecification, plan: BuildPlan, work: WorkFolder, models: StageModels,
        options: CorpusBuild.Options
    ) throws(Diagnostic) {
        (self.specification, self.plan, self.work, self.options) = (specification, plan, work, options)
        self.models = models
        pool = WorkerPool(workers: max(1, options.workers ?? ProcessInfo.processInfo.activeProcessorCount))
        stages = StageNumbers(names: BuildStage.order(specification))
    }

    /// All passes; the output's files are made in `staging`.
    func run(staging: String) throws(Diagnostic) -> TextCorpusManifest {
        if !canKeepFinishedUnits { plan.units.indices.forEach { removeFile(work.file($0, "final")) } }
        let counts = try cleanAll()
        var decisions = Decisions(counts: counts)
        try decideExact(&decisions)
        let templates = try templateLines(decisions)
        try decideNear(&decisions, templates)
        try findRepeats(decisions, templates)
        try finishAll(decisions, templates)
        try decideAfterwards(&decisions)
        let manifest = try OutputWriter(self, decisions: decisions, folder: staging).write()
        // From here on only renaming and cleaning up are left.
        try AtomicFile.write([UInt8](), to: work.file(WorkFolder.placing))
        return manifest
    }

    /// Whether all that finished units were made from is still there: their texts are gone, so it could not be made again.
    private var canKeepFinishedUnits: Bool {
        let deduplication = specification.deduplication
        func isThere(_ file: String) -> Bool { RecordFile.open(file, key: plan.key) != nil }
        func allUnitsHave(_ kind: String) -> Bool { plan.units.indices.allSatisfy { isThere(work.file($0, kind)) } }
        if deduplication.templateLines != nil, !isThere(work.file("template-lines")) { return false }
        if deduplication.near != nil, !allUnitsHave("sketches") { return false }
        return deduplication.substrings == nil || isThere(work.file("repeats")) && allUnitsHave("cuts")
    }

    /// Runs a pass over all units; `body` gives whether an earlier run had done the unit.
    func forEachUnit<Own>(
        _ pass: BuildProgress.Pass, state: @Sendable () -> Own, end: @Sendable (Own) -> Void = { _ in },
        _ body: @Sendable (_ unit: Int, _ own: inout Own, _ meter: ProgressMeter) throws(Diagnostic) -> Bool
    ) throws(Diagnostic) {
        let total = plan.units.reduce(0) { $0 &+ $1.work.bytes }
        let meter = ProgressMeter(pass, total: total, report: options.progress)
        try pool.run(count: plan.units.count, state: state, end: end) { (unit, own) throws(Diagnostic) in
            let isTakenOver = try body(unit, &own, meter)
            meter.finish(unit, of: plan.units[unit].work.bytes, takenOver: isTakenOver)
        }
    }
}
