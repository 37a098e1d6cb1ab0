import ArgumentParser
import Corpora
import Diagnostics
import Foundation
import Integrity
import Ledger
import Storage
import Training

struct StorePull: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract:
            "Restore a run's checkpoints and corpus from a store, verified, so that it can be resumed or replayed.",
        discussion: """
            Example:
              serre store pull latest --from /data/store -o restored

            Makes the run's folder below the one named, with its recipe from the record, and its corpus beside it.
            """)

    @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
    var id = "latest"
    @Option(name: .customLong("from"), help: "The store: a folder, host:path, ssh://… or rsync://….")
    var source: String
    @Option(name: .shortAndLong, help: "Folder under which the run gets its folder.", completion: .file())
    var output = "runs"
    @Option(help: "Only the checkpoint at this step; may be given several times (default: the newest).")
    var step: [Int] = []
    @Flag(help: "All checkpoints that the record names.")
    var allSteps = false
    @Flag(inversion: .prefixedNo, help: "Restore the corpus too.")
    var withCorpus = true
    @OptionGroup var place: LedgerPlace
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let store = try StoreAddress(source)
        let ledger = try place.open()
        let run = try ledger.find(id)
        let files = try RunFiles(run, ledger)
        let folder = RunFolder(URL(fileURLWithPath: "\(output)/\(run)").standardizedFileURL.path)
        try folder.create()
        // A training run that writes there now must not find its files replaced.
        let lock = try RunLock(folder)
        defer { withExtendedLifetime(lock) {} }
        var wanted = try files.checkpointFiles(folder.path, steps: try steps(files))
        let corpus = URL(fileURLWithPath: "\(output)/\(run)-corpus").standardizedFileURL.path
        var summary = TransferSummary()
        if withCorpus, let data = try ledger.file(run, "data/manifest.json") {
            let name = Self.isTokens(data) ? "tokens.json" : CorpusManifest.fileName
            var corpusFiles = try files.corpusFiles((corpus, name))
            // The record holds the manifest itself.
            let manifest = corpusFiles.removeFirst()
            try makeFolder(corpus)
            try AtomicFile.write(data, to: manifest.path)
            wanted += corpusFiles
            if !FileManager.default.fileExists(atPath: folder.path + "/corpus.json") {
                try RunCorpus(folder: name == CorpusManifest.fileName ? corpus : manifest.path, ledger, run).write(
                    to: folder)
            }
        }
        let line = TransferLine("restoring")
        defer { Console.endProgress() }
        summary = try store.pull(order(wanted), staging: folder.path + "/.pull.partial", progress: line.show)
        Console.endProgress()
        if let recipe = files.recipe { try AtomicFile.write(recipe, to: folder.recipe) }
        if json { return try Console.printJSON(TransferResult(run.text, summary)) }
        Console.print(
            "\(run): restored \(summary.copied) files, \(bytesText(summary.copiedBytes)), to \(folder.path); "
                + "\(summary.present) were there already")
        if try !steps(files).isEmpty { Console.note("Go on with: serre train --resume \(folder.path)") }
    }

    /// A checkpoint's index comes after its other files: with it the checkpoint counts as complete.
    private func order(_ files: [StoredFile]) -> [StoredFile] {
        files.filter { !$0.name.hasSuffix("/index.json") } + files.filter { $0.name.hasSuffix("/index.json") }
    }

    private func steps(_ files: RunFiles) throws(Diagnostic) -> [Int] {
        if allSteps { return files.checkpointSteps }
        if step.isEmpty { return files.checkpointSteps.last.map { [$0] } ?? [] }
        if let unknown = step.first(where: { !files.checkpointSteps.contains($0) }) {
            throw Diagnostic(
                "store.step", "the record names no checkpoint at this step",
                expected: files.checkpointSteps.map(String.init).joined(separator: ", "), found: "\(unknown)")
        }
        return step
    }

    private static func isTokens(_ manifest: [UInt8]) -> Bool {
        Data(manifest).range(of: Data("\"serre-tokens\"".utf8)) != nil
    }

    private func makeFolder(_ path: String) throws(Diagnostic) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "store.folder", "cannot make the folder of the corpus", at: .init(file: path), kind: .failure)
        }
    }
}

extension RunCorpus {
    /// What a restored run remembers of its corpus.
    init(folder: String, _ ledger: Ledger, _ run: RunID) throws(Diagnostic) {
        self.folder = folder
        digest = try ledger.read(run).manifest.dataDigest ?? ""
    }
}
