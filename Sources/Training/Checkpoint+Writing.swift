import Diagnostics
import Fabrics
import Foundation
import Integrity
import Interchange
import Numerics
import Programs
import Recipes

extension Checkpoint {
    /// Writes a checkpoint: every rank its own pieces, then the lead host the index; returns its folder.
    ///
    /// The files go to a folder whose name ends in `.partial`, which takes its final name when everything is on the disk, so a
    /// run that dies at any moment leaves the previous checkpoint as it was. When any host fails, all hosts throw and
    /// the partial folder is removed. Complete checkpoints beyond the newest `keepLast` up to this step are removed afterwards.
    static func write(
        _ executor: Executor, step: Int, samples: Int, digest: Digest, in run: RunFolder, keepLast: Int
    ) throws(Diagnostic) -> String {
        let final = run.checkpoint(step)
        let partial = final + ".partial"
        let fabric = executor.fabric
        try together(fabric) { () throws(Diagnostic) -> [UInt8] in
            if fabric.host == 0 { try prepare(partial) }
            return []
        }
        let replies = try together(fabric, onFailure: { try? FileManager.default.removeItem(atPath: partial) }) {
            () throws(Diagnostic) in try encodedJSON(writeFiles(of: executor, in: partial))
        }
        try together(fabric, onFailure: { try? FileManager.default.removeItem(atPath: partial) }) {
            () throws(Diagnostic) -> [UInt8] in
            guard fabric.host == 0 else { return [] }
            let index = CheckpointIndex(
                step: step, samples: samples, recipeName: executor.recipe.name,
                recipeDigest: executor.recipe.resultDigest.description, layout: executor.recipe.layout.description,
                numerics: executor.recipe.numerics.rawValue, stateDigest: digest.description,
                parameters: ModelParameters(executor.recipe.model).all.map {
                    .init(name: $0.name, rows: $0.rows, columns: $0.columns)
                },
                files: try replies.flatMapThrowing { (reply) throws(Diagnostic) in try decodeFiles(reply) })
            try AtomicFile.write(try index.encoded(), to: partial + "/index.json")
            try finish(partial, as: final)
            removeOld(in: run, upTo: step, keepLast: keepLast)
            return []
        }
        return final
    }

    private static func prepare(_ partial: String) throws(Diagnostic) {
        try? FileManager.default.removeItem(atPath: partial)
        do {
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "checkpoint.folder", "cannot make the checkpoint's folder", at: .init(file: partial), kind: .failure)
        }
    }

    /// One safetensors file per local rank that owns anything.
    private static func writeFiles(of executor: Executor, in folder: String) throws(Diagnostic) -> [CheckpointIndex
        .File]
    {
        let pieces = executor.ownedPieces
        var files: [CheckpointIndex.File] = []
        for rank in executor.fabric.localRanks {
            let mine = pieces.filter { $0.rank == rank }
            guard !mine.isEmpty else { continue }
            let entries = mine.flatMap { piece in
                StateTensor.allCases.map { tensor in
                    (
                        piece: CheckpointIndex.Piece(
                            parameter: piece.parameter.name, tensor: tensor.rawValue, begin: piece.elements.lowerBound,
                            count: piece.elements.count), values: piece.memory(of: tensor)
                    )
                }
            }
            let digits = String(rank)
            let name = "rank-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".safetensors"
            let receipt = try Safetensors.write(
                entries.map { TensorDescription($0.piece.key, .float32, shape: [$0.piece.count]) },
                metadata: ["format": CheckpointIndex.currentFormat], to: folder + "/" + name
            ) { (append) throws(Diagnostic) in
                for entry in entries {
                    try append(UnsafeRawBufferPointer(start: entry.values, count: 4 * entry.piece.count))
                }
            }
            files.append(
                CheckpointIndex.File(
                    name: name, bytes: receipt.byteCount, sha256: receipt.digest.description,
                    pieces: entries.map { $0.piece }))
        }
        return files
    }

    private static func decodeFiles(_ bytes: [UInt8]) throws(Diagnostic) -> [CheckpointIndex.File] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode([CheckpointIndex.File].self, from: Data(bytes))
        } catch {
            throw Diagnostic("checkpoint.exchange", "a host's list of files cannot be read", kind: .failure)
        }
    }

    private static func finish(_ partial: String, as final: String) throws(Diagnostic) {
        try? FileManager.default.removeItem(atPath: final)
        guard rename(partial, final) == 0 else {
            throw Diagnostic(
                "checkpoint.rename", "cannot finish the checkpoint: \(String(cString: strerror(errno)))",
                at: .init(file: final), kind: .failure)
        }
        AtomicFile.flushFolder(of: final)
    }

    /// A run that was resumed from an early checkpoint may find later ones; they don't count, so that the new one stays.
    private static func removeOld(in run: RunFolder, upTo step: Int, keepLast: Int) {
        for old in run.checkpointSteps().filter({ $0 <= step }).dropLast(max(keepLast, 1)) {
            try? FileManager.default.removeItem(atPath: run.checkpoint(old))
        }
    }

    /// Does one thing on every host and exchanges the replies; when any host fails, all throw the first failure.
    @discardableResult
    private static func together(
        _ fabric: any Fabric, onFailure: () -> Void = {}, _ body: () throws(Diagnostic) -> [UInt8]
    ) throws(Diagnostic) -> [[UInt8]] {
        var failure: Diagnostic?
        var reply: [UInt8] = [0]
        do throws(Diagnostic) {
            reply += try body()
        } catch {
            failure = error
            reply = [1] + Array(error.description.utf8)
        }
        let replies = try fabric.gatherFromHosts(reply)
        guard let bad = replies.firstIndex(where: { $0.first == 1 }) else {
            return replies.map { Array($0.dropFirst()) }
        }
        if fabric.host == 0 { onFailure() }
        throw failure
            ?? Diagnostic(
                "checkpoint.other-host",
                "process \(bad) could not save: \(String(decoding: replies[bad].dropFirst(), as: UTF8.self))",
                kind: .failure)
    }
}

extension StatePiece {
    func memory(of tensor: StateTensor) -> UnsafeMutablePointer<Float> {
        switch tensor {
        case .parameters: values
        case .firstMoment: firstMoment
        case .secondMoment: secondMoment
        }
    }
}

extension Sequence {
    /// `flatMap` whose closure throws one type.
    fileprivate func flatMapThrowing<T, E: Error>(_ transform: (Element) throws(E) -> [T]) throws(E) -> [T] {
        var result: [T] = []
        for element in self { result += try transform(element) }
        return result
    }
}
