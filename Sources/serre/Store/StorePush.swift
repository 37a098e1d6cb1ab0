import ArgumentParser
import Diagnostics
import Foundation
import Ledger
import Storage

struct StorePush: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Send a run's checkpoints and corpus to a store; what it has already is left out.",
        discussion: """
            Example:
              serre store push latest --to /data/store

            A transfer that broke off goes on where it was when the command is given again.
            """)

    @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
    var id = "latest"
    @Option(name: .customLong("to"), help: "The store: a folder, host:path, ssh://… or rsync://….")
    var destination: String
    @OptionGroup var places: ReplayPlaces
    @Flag(inversion: .prefixedNo, help: "Send the corpus too.")
    var withCorpus = true
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let store = try StoreAddress(destination)
        let ledger = try places.place.open()
        let run = try ledger.find(id)
        let files = try RunFiles(run, ledger)
        let folder = try files.folder(named: places.runFolder)
        var wanted = try checkpoints(files, folder)
        if withCorpus {
            if let place = try files.corpusPlace(named: places.corpus, folder: folder.found) {
                wanted += try files.corpusFiles(place)
            } else {
                Console.warn("the run's corpus is not known here, and is not sent: name it with --corpus")
            }
        }
        let line = TransferLine("sending")
        defer { Console.endProgress() }
        let summary = try store.push(wanted, progress: line.show)
        Console.endProgress()
        if json { return try Console.printJSON(TransferResult(run.text, summary)) }
        Console.print(
            "\(run): sent \(summary.copied) files, \(bytesText(summary.copiedBytes)); \(summary.present) were there already"
        )
    }

    /// The checkpoints that are still kept here; says which are not.
    private func checkpoints(
        _ files: RunFiles, _ folder: (found: String?, tried: [String])
    ) throws(Diagnostic) -> [StoredFile] {
        guard !files.checkpointSteps.isEmpty else { return [] }
        guard let place = folder.found else {
            throw Diagnostic(
                "store.no-folder", "the run's folder is not here",
                expected: "one of \(folder.tried.joined(separator: ", "))", remedy: "name it with --run-folder")
        }
        let (kept, gone) = files.checkpointSteps.reduce(into: ([Int](), [Int]())) { result, step in
            let path = place + "/checkpoints/step-" + stepDigits(step)
            if FileManager.default.fileExists(atPath: path) { result.0.append(step) } else { result.1.append(step) }
        }
        if !gone.isEmpty {
            Console.note(
                "No longer kept here, and not sent: the checkpoints at steps \(gone.map(String.init).joined(separator: ", "))."
            )
        }
        return try files.checkpointFiles(place, steps: kept)
    }
}

/// A step as the names of checkpoint folders have it.
func stepDigits(_ step: Int) -> String {
    let digits = String(step)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
}
