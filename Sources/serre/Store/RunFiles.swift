import Corpora
import Diagnostics
import Foundation
import Integrity
import Ledger
import Storage
import Training

/// The large files that a run's record names, and where they are or go on this machine.
struct RunFiles {
    let run: RunID
    private let ledger: Ledger
    private let notes: [CheckpointNote]
    private let data: [UInt8]?
    let recipe: [UInt8]?

    init(_ run: RunID, _ ledger: Ledger) throws(Diagnostic) {
        (self.run, self.ledger) = (run, ledger)
        notes = try ledger.checkpointNotes(run)
        data = try ledger.file(run, "data/manifest.json")
        recipe = try ledger.file(run, "recipe.yaml")
    }

    /// The steps of the checkpoints that the record names.
    var checkpointSteps: [Int] { notes.map { $0.step } }

    // MARK: Places

    /// The run's folder: the one named, or the first of the usual places that has a recipe or checkpoints.
    func folder(named: String?) throws(Diagnostic) -> (found: String?, tried: [String]) {
        let usual = try usualPlaces()
        let places = named.map { [$0] } ?? usual
        let found = places.first { place in
            ["recipe.yaml", "checkpoints"].contains { FileManager.default.fileExists(atPath: "\(place)/\($0)") }
        }
        return (found, places)
    }

    private func usualPlaces() throws(Diagnostic) -> [String] {
        var places = ["runs/\(run)"]
        if let folder = try ledger.read(run).environment?.runFolder { places.append(folder) }
        // Checkpoints are named RUN/checkpoints/step-N, as seen from where the run was started.
        if let last = notes.last {
            places.append(
                URL(fileURLWithPath: last.folder).deletingLastPathComponent().deletingLastPathComponent().path)
        }
        if let root = ledger.workTreePath { places.append("\(root)runs/\(run)") }
        // The ledger of a run outside any repository is in the run's folder.
        let repository = URL(fileURLWithPath: ledger.repositoryPath)
        if repository.lastPathComponent == "ledger.git" { places.append(repository.deletingLastPathComponent().path) }
        var unique: [String] = []
        for place in places where !unique.contains(place) { unique.append(place) }
        return unique
    }

    /// The corpus's folder and the name of its manifest: the place named, or the one that the run's folder remembers.
    func corpusPlace(named: String?, folder: String?) throws(Diagnostic) -> (folder: String, manifest: String)? {
        var place = named
        if place == nil, let folder { place = try RunCorpus.read(RunFolder(folder))?.folder }
        guard let place else { return nil }
        let url = URL(fileURLWithPath: place)
        return place.hasSuffix(".json")
            ? (url.deletingLastPathComponent().path, url.lastPathComponent) : (url.path, CorpusManifest.fileName)
    }

    // MARK: Files

    /// The files of the checkpoints at `steps`, below the run's folder.
    func checkpointFiles(_ folder: String, steps: [Int]) throws(Diagnostic) -> [StoredFile] {
        var files: [StoredFile] = []
        for note in notes where steps.contains(note.step) {
            let place = RunFolder(folder).checkpoint(note.step)
            let name = "checkpoints/" + URL(fileURLWithPath: place).lastPathComponent
            for file in note.allFiles {
                guard let digest = Digest(file.sha256) else { continue }
                files.append(
                    StoredFile(
                        digest: digest, bytes: file.bytes, path: "\(place)/\(file.name)", name: "\(name)/\(file.name)"))
            }
            if note.index == nil {
                Console.warn(
                    "the record does not name the index of the checkpoint at step \(note.step): it was made "
                        + "by an older version, and cannot be restored from a store")
            }
        }
        return files
    }

    /// The corpus's manifest, which the record holds itself, and the files that it lists.
    func corpusFiles(_ place: (folder: String, manifest: String)) throws(Diagnostic) -> [StoredFile] {
        guard let data else { return [] }
        let own = StoredFile(
            digest: SHA256.digest(of: data), bytes: data.count, path: "\(place.folder)/\(place.manifest)",
            name: "corpus/\(place.manifest)")
        return [own]
            + (try ListedFile.all(inManifest: data, path: "data/manifest.json").map {
                StoredFile(
                    digest: $0.digest, bytes: $0.bytes, path: "\(place.folder)/\($0.name)", name: "corpus/\($0.name)")
            })
    }

    /// The digests of everything that the record names, for a sweep.
    func allDigests() throws(Diagnostic) -> [StoredFile] {
        try checkpointFiles("", steps: checkpointSteps) + corpusFiles(("", CorpusManifest.fileName))
    }
}
