import ArgumentParser
import Corpora
import Diagnostics
import Fabrics
import Foundation
import Ledger
import Recipes
import Replay
import Training

/// Where what a replay needs lies on this machine.
struct ReplayPlaces: ParsableArguments {
    @OptionGroup var place: LedgerPlace
    @Option(
        name: .customLong("run-folder"),
        help: "The run's folder, with its checkpoints (default: where the record says, else runs/RUN).",
        completion: .directory)
    var runFolder: String?
    @Option(
        help: "The run's corpus (default: where the record says, else the recipe's, else the one shipped with Serre).",
        completion: .file())
    var corpus: String?

    /// Folders that may hold the run's checkpoints, the named one first.
    func folders(of run: RecordedRun) -> [RunFolder] {
        if let runFolder { return [RunFolder(runFolder)] }
        let paths = [run.recordedFolder, "runs/\(run.run)", "\(place.repository)/runs/\(run.run)"].compactMap { $0 }
        var seen = Set<String>()
        return paths.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
            .filter { seen.insert($0).inserted && FileManager.default.fileExists(atPath: $0) }.map { RunFolder($0) }
    }

    /// The corpus that the run read, wherever it is now; whether it is the same text is for the replay to say.
    func openCorpus(of run: RecordedRun, fabric: any Fabric, scratch: String) throws(Diagnostic) -> any TokenSource {
        if let corpus { return try openTokenSource(corpus) }
        var remembered = [run.recordedCorpus].compactMap { $0 }
        for folder in folders(of: run) {
            if let note = try? RunCorpus.read(folder) { remembered.append(note.folder) }
        }
        if let known = remembered.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            return try openTokenSource(known)
        }
        return try CorpusChoice(run.recipe.data.corpus, fabric: fabric, output: scratch).open()
    }
}

/// A folder for what a command needs only while it runs; all processes of one command have the same.
struct ScratchFolder {
    let path: String

    /// Agrees on a name among the processes; the lead makes the folder.
    init(_ purpose: String, _ process: HostProcess) throws(Diagnostic) {
        let mine = "\(NSTemporaryDirectory())/serre-\(purpose)-\(UUID().uuidString.prefix(8))"
        let names = try process.gather(Array(mine.utf8))
        path = URL(fileURLWithPath: String(decoding: names[0], as: UTF8.self)).standardizedFileURL.path
    }

    /// A run folder of its own in it.
    func run(_ name: String) throws(Diagnostic) -> RunFolder {
        let folder = RunFolder("\(path)/\(name)")
        try folder.create()
        return folder
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
