import Diagnostics
import Fabrics
import Foundation
import Integrity
import Interchange
import Numerics
import Programs
import Recipes

/// One checkpoint on its way to the disk: every host writes its ranks' files, then the lead the index.
///
/// The files go to a folder whose name ends in `.partial`, which takes its final name when everything is on the disk, so a
/// run that dies at any moment leaves the previous checkpoint as it was. The folder's name is this save's own: a process of a
/// killed run that still writes cannot touch the files of the run that goes on.
struct CheckpointSave: Sendable {
    let recipe: Recipe
    let step: Int
    let samples: Int
    let history: GuardHistory?
    private let beganFromSeed: Bool
    private let run: RunFolder
    private let partial: String

    var folder: String { run.checkpoint(step) }

    /// Makes the folder, on every host at the same step; what killed runs have left is removed first.
    init(
        _ executor: Executor, step: Int, samples: Int, history: GuardHistory?, beganFromSeed: Bool, in run: RunFolder
    ) throws(Diagnostic) {
        recipe = executor.recipe
        (self.step, self.samples, self.history, self.run) = (step, samples, history, run)
        self.beganFromSeed = beganFromSeed
        let isLead = executor.fabric.host == 0
        let names = try Self.together(executor.fabric) { () throws(Diagnostic) -> [UInt8] in
            guard isLead else { return [] }
            run.removePartialCheckpoints()
            let partial = "\(run.checkpoint(step)).\(UUID().uuidString.prefix(8)).partial"
            try Self.make(partial, run.files)
            return Array(partial.utf8)
        }
        partial = String(decoding: names[0], as: UTF8.self)
    }

    private static func make(_ partial: String, _ files: any FileSystem) throws(Diagnostic) {
        do throws(Diagnostic) {
            try files.makeFolder(partial)
        } catch {
            throw Diagnostic(
                "checkpoint.folder", "cannot make the checkpoint's folder", at: .init(file: partial), kind: .failure)
        }
    }

    /// Writes one safetensors file per rank of `ranks` that owns anything. Needs no other host.
    func writeFiles(_ pieces: [StatePiece], of ranks: Range<Int>) throws(Diagnostic) -> [CheckpointIndex.File] {
        var files: [CheckpointIndex.File] = []
        for rank in ranks {
            let mine = pieces.filter { $0.rank == rank }
            if !mine.isEmpty { files.append(try writeFile(mine, of: rank)) }
        }
        return files
    }

    private func writeFile(_ pieces: [StatePiece], of rank: Int) throws(Diagnostic) -> CheckpointIndex.File {
        let entries = pieces.flatMap { piece in
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
            metadata: ["format": CheckpointIndex.currentFormat], to: partial + "/" + name, on: run.files, chunked: true
        ) { (append) throws(Diagnostic) in
            for entry in entries {
                try append(UnsafeRawBufferPointer(start: entry.values, count: 4 * entry.piece.count))
            }
        }
        return CheckpointIndex.File(
            name: name, bytes: receipt.byteCount, sha256: receipt.digest.description,
            chunkBytes: receipt.chunks?.chunkBytes, chunks: receipt.chunks?.leaves.map(\.hex),
            pieces: entries.map { $0.piece })
    }

    /// When the files of all hosts are on the disk: the lead, and it alone, writes the index and gives the folder its name;
    /// complete checkpoints beyond the newest `keepLast` up to this step are removed.
    func name(_ files: [CheckpointIndex.File], digest: Digest) throws(Diagnostic) {
        let index = CheckpointIndex(
            step: step, samples: samples, recipeName: recipe.name, recipeDigest: recipe.resultDigest.description,
            layout: recipe.layout.description, numerics: recipe.numerics.rawValue, stateDigest: digest.description,
            guardHistory: history, beganFromSeed: beganFromSeed && recipe.guardPolicy.rollsBack ? true : nil,
            parameters: ModelParameters(recipe.model).all.map {
                .init(name: $0.name, rows: $0.rows, columns: $0.columns)
            }, files: files)
        try AtomicFile.write(index.encoded(), to: partial + "/index.json", on: run.files)
        try takeFinalName()
        removeOld()
    }

    /// Removes what was written of a save that failed.
    func discard() { run.files.remove(partial) }

    private func takeFinalName() throws(Diagnostic) {
        run.removeCheckpoint(step)
        do throws(Diagnostic) {
            try run.files.rename(partial, to: folder)
        } catch {
            throw Diagnostic(
                "checkpoint.rename", "cannot finish the checkpoint: \(error.message)", at: .init(file: folder),
                kind: .failure)
        }
        run.files.flushFolder(of: folder)
    }

    /// A run that was resumed from an early checkpoint may find later ones; they don't count, so that the new one stays. Nor
    /// does the one to which the run may still have to roll back.
    private func removeOld() {
        let target = recipe.guardPolicy.rollsBack ? recipe.rollBackTarget(after: step) : step
        for old in run.checkpointSteps().filter({ $0 <= step }).dropLast(max(recipe.checkpoint.keepLast, 1))
        where old != target {
            run.removeCheckpoint(old)
        }
    }

    /// Does one thing on every host and exchanges the replies; when any host fails, all throw the first failure.
    @discardableResult
    static func together(
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

extension Recipe {
    /// The step whose state a run goes back to from after `step`: that of the last checkpoint due by the recipe, or the start.
    ///
    /// Checkpoints that a request to stop has caused do not count, so that stopping a run cannot change its result.
    func rollBackTarget(after step: Int) -> Int {
        checkpoint.everySteps > 0 ? step / checkpoint.everySteps * checkpoint.everySteps : 0
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
