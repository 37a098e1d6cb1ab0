import Diagnostics
import Foundation
import Recipes
import Training

/// Where a replay begins: a checkpoint on this machine, or the recipe's seed.
public struct ReplayStart: Sendable {
    /// The folder of the checkpoint; `nil` for the seed.
    public var checkpoint: String?
    /// The steps done at the start.
    public var step: Int
    /// Checkpoints nearer to the wanted step that cannot be used, and why.
    public var passedOver: [String] = []

    /// The nearest usable start at or before the state that step `first` begins with.
    ///
    /// - Parameters:
    ///   - folders: run folders to look into, in order of preference.
    ///   - wholeRun: begin from the run's own beginning, and trust no checkpoint.
    public static func nearest(
        before first: Int, of run: RecordedRun, in folders: [RunFolder], wholeRun: Bool = false
    ) throws(Diagnostic) -> ReplayStart {
        var passedOver = [String]()
        for candidate in candidates(before: first, of: run, in: folders) {
            if wholeRun, !(run.beginsElsewhere && candidate.step == run.range.map({ $0.lowerBound - 1 })) { continue }
            do throws(Diagnostic) {
                try check(candidate.folder, candidate.step, against: run)
                return ReplayStart(checkpoint: candidate.folder, step: candidate.step, passedOver: passedOver)
            } catch {
                passedOver.append("checkpoint at step \(candidate.step): \(error)")
            }
        }
        guard !run.beginsElsewhere else {
            throw Diagnostic(
                "replay.no-start",
                "the run began from \(run.manifest.resumedFrom ?? "a saved state"), and no checkpoint of it is at hand",
                at: .init(file: folders.first?.path),
                found: passedOver.first,
                remedy: "name the run's folder with --run-folder, or fetch it with serre store pull", kind: .badInput)
        }
        return ReplayStart(checkpoint: nil, step: 0, passedOver: passedOver)
    }

    /// Checkpoints at or before the wanted state, the latest first.
    private static func candidates(
        before first: Int, of run: RecordedRun, in folders: [RunFolder]
    ) -> [(step: Int, folder: String)] {
        let every = run.recipe.checkpoint.everySteps
        var found: [(step: Int, folder: String)] = []
        for folder in folders {
            for step in folder.checkpointSteps() where step < first && !found.contains(where: { $0.step == step }) {
                // A later roll back goes to a checkpoint that was due; one that a stop has caused is not among those.
                if run.recipe.guardPolicy.rollsBack, every > 0, step % every != 0 { continue }
                found.append((step, folder.checkpoint(step)))
            }
        }
        return found.sorted { $0.step > $1.step }
    }

    /// The checkpoint must be the recorded one: its digest is on record, and it is of the recorded recipe.
    private static func check(_ folder: String, _ step: Int, against run: RecordedRun) throws(Diagnostic) {
        let index = try CheckpointIndex.read(folder)
        if let digest = run.digests[step], digest != index.stateDigest {
            throw Diagnostic(
                "replay.checkpoint", "its state is not the recorded one", at: .init(file: folder), expected: digest,
                found: index.stateDigest)
        }
        if run.digests[step] == nil, step > 0 {
            throw Diagnostic("replay.checkpoint", "the record knows no digest of this step", at: .init(file: folder))
        }
        try Checkpoint(folder).check(against: run.recipe)
    }
}
