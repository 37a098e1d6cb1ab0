import Diagnostics
import Foundation
import Integrity
import Storage

extension Ledger {
    /// Checks that what a run read and saved is at hand and unaltered, after its record: ``VerificationLevel/inputs``.
    ///
    /// Recipe, corpus files, checkpoint files and each of their chunks are read. `visit` hears of each file before it is
    /// read. What is missing or altered is reported, never thrown; throws what ``verifyRecord(_:)`` throws.
    public func verifyInputs(
        _ run: RunID, _ inputs: RunInputs, visit: @escaping (String) -> Void = { _ in }
    ) throws(Diagnostic) -> VerificationReport {
        var report = try verifyRecord(run)
        report.level = .inputs
        // libgit2 reads what follows, and may loop for ever over objects that are damaged.
        guard report.areObjectsWhole else {
            report.remarks.append("the inputs were not compared, because objects of the record are damaged")
            return report
        }
        let notes: [CheckpointNote]
        let (recipe, manifest): ([UInt8]?, RecordManifest)
        do throws(Diagnostic) {
            notes = try checkpointNotes(run)
            recipe = try file(run, "recipe.yaml")
            manifest = try read(run).manifest
        } catch {
            report.remarks.append(
                "the inputs could not be compared, because the record cannot be read: \(error.message)")
            return report
        }
        var checks = InputsChecks(report, visit)
        checks.compare(manifest.serre, with: inputs.serre)
        checks.checkFolder(inputs, recipe: recipe, notes)
        checks.checkCorpus(inputs.corpus, digest: manifest.dataDigest)
        return checks.report
    }
}

/// The files beside a record, against what the record says of them.
struct InputsChecks {
    private(set) var report: VerificationReport
    private let visit: (String) -> Void
    /// Chunks of one file that are named one by one.
    private static let chunksNamed = 16

    init(_ report: VerificationReport, _ visit: @escaping (String) -> Void) {
        (self.report, self.visit) = (report, visit)
    }

    private mutating func note(_ object: String, _ expected: String, _ found: String, _ remedy: String) {
        report.problems.append(VerificationProblem(object, expected: expected, found: found, remedy: remedy))
    }

    /// Another Serre is worth knowing and no fault of the run's.
    mutating func compare(_ recorded: RecordManifest.Serre, with now: RecordManifest.Serre) {
        report.count("executables")
        guard recorded.version != now.version || recorded.executableDigest != now.executableDigest else { return }
        func text(_ serre: RecordManifest.Serre) -> String {
            let source = serre.sourceCommit.map { ", source \($0)\(serre.sourceDirty == true ? " with changes" : "")" }
            return "\(serre.version)\(source ?? "")\(serre.executableDigest.map { ", executable \($0)" } ?? "")"
        }
        report.remarks.append("recorded by Serre \(text(recorded)); this is \(text(now))")
    }

    mutating func checkFolder(_ inputs: RunInputs, recipe: [UInt8]?, _ notes: [CheckpointNote]) {
        guard let folder = inputs.folder else {
            if !notes.isEmpty {
                note(
                    "the run's folder", "\(notes.count) checkpoints, the last at step \(notes[notes.count - 1].step)",
                    "no such folder here (looked at \(inputs.foldersTried.joined(separator: ", ")))",
                    "name it with --run-folder, or restore it: serre store pull \(report.run) --from STORE")
            }
            return
        }
        if let recipe {
            report.count("recipes")
            let path = folder + "/recipe.yaml"
            let found = FileManager.default.contents(atPath: path)
            if found.map(Array.init) != recipe {
                note(
                    path, SHA256.digest(of: recipe).description,
                    found.map { SHA256.digest(of: $0).description } ?? "no such file",
                    "write it from the record: git show refs/serre/runs/\(report.run):recipe.yaml")
            }
        }
        var gone = 0
        for (place, checkpoint) in notes.enumerated() {
            let name = "checkpoints/step-\(padded(checkpoint.step, 8))"
            if !FileManager.default.fileExists(atPath: "\(folder)/\(name)"), place < notes.count - 1 {
                gone += 1
            } else {
                check(checkpoint, name, in: folder)
            }
        }
        if gone > 0 {
            report.remarks.append("\(gone) earlier checkpoint\(gone == 1 ? " is" : "s are") no longer kept here")
        }
    }

    private mutating func check(_ checkpoint: CheckpointNote, _ name: String, in folder: String) {
        report.count("checkpoints")
        let leaves = Self.leaves(of: "\(folder)/\(name)/index.json")
        for file in checkpoint.allFiles {
            let (title, path) = ("\(name)/\(file.name)", "\(folder)/\(name)/\(file.name)")
            visit(path)
            report.count("checkpoint files")
            let pull = "restore it: serre store pull \(report.run) --from STORE"
            do throws(Diagnostic) {
                let found = try FileDigests(of: path, chunkBytes: file.chunkBytes)
                report.count("chunks", found.chunks.leaves.count)
                guard found.digest.description != file.sha256 else { continue }
                let chunks = leaves[file.name].flatMap { $0.root.description == file.chunkRoot ? $0 : nil }
                if let chunks, chunks.bytes == found.chunks.bytes, found.chunks.leaves.count > 0 {
                    compare(found.chunks, chunks, title, pull)
                } else {
                    let other = checkpoint.allFiles.first { $0.sha256 == found.digest.description }
                    let said = other.map { "the content of \($0.name)" } ?? found.digest.description
                    note(
                        title, "\(file.sha256), \(file.bytes) bytes", "\(said), \(found.chunks.bytes) bytes", pull)
                }
            } catch {
                let missing = error.code == "file.missing"
                note(title, "\(file.sha256), \(file.bytes) bytes", missing ? "missing" : error.message, pull)
            }
        }
    }

    private mutating func compare(_ found: ChunkedDigest, _ listed: ChunkedDigest, _ title: String, _ remedy: String) {
        let damaged = listed.leaves.indices.filter { found.leaves[$0] != listed.leaves[$0] }
        for chunk in damaged.prefix(Self.chunksNamed) {
            let range = listed.range(ofChunk: chunk)
            let other = listed.leaves.firstIndex(of: found.leaves[chunk])
            note(
                "\(title), chunk \(chunk) (bytes \(range.lowerBound)..\(range.upperBound))",
                listed.leaves[chunk].description,
                other.map { "the content of chunk \($0)" } ?? found.leaves[chunk].description, remedy)
        }
        if damaged.count > Self.chunksNamed {
            note(title, "no damaged chunk", "\(damaged.count - Self.chunksNamed) more", remedy)
        }
    }

    /// The leaves that a checkpoint's index lists, by file; they count only where their root is the recorded one.
    private static func leaves(of index: String) -> [String: ChunkedDigest] {
        struct Index: Decodable {
            var files: [File]

            struct File: Decodable {
                var name: String
                var bytes: Int
                var chunkBytes: Int?
                var chunks: [String]?

                private enum CodingKeys: String, CodingKey {
                    case name, bytes, chunks
                    case chunkBytes = "chunk_bytes"
                }
            }
        }
        guard let data = FileManager.default.contents(atPath: index),
            let decoded = try? JSONDecoder().decode(Index.self, from: data)
        else { return [:] }
        var leaves: [String: ChunkedDigest] = [:]
        for file in decoded.files {
            guard let size = file.chunkBytes, let chunks = file.chunks else { continue }
            leaves[file.name] = ChunkedDigest(
                bytes: file.bytes, chunkBytes: size, leaves: chunks.compactMap { Digest($0) })
        }
        return leaves
    }

    mutating func checkCorpus(_ files: [StoredFile], digest: String?) {
        if files.isEmpty, let digest {
            note(
                "the corpus", digest, "no place where it is",
                "name it with --corpus, or restore it: serre store pull \(report.run) --from STORE")
        }
        for file in files {
            visit(file.path)
            report.count("corpus files")
            let remedy = "restore it: serre store pull \(report.run) --from STORE, or build the corpus again"
            do throws(Diagnostic) {
                let found = try FileDigests(of: file.path)
                if found.digest != file.digest {
                    let other = files.first { $0.digest == found.digest }
                    note(
                        file.path, file.digest.description,
                        other.map { "the content of \($0.name)" } ?? found.digest.description, remedy)
                }
            } catch {
                note(
                    file.path, file.digest.description, error.code == "file.missing" ? "missing" : error.message, remedy
                )
            }
        }
    }
}
