import Diagnostics
import Foundation
import Recipes
import Training

/// A run to go on with: its folder, a complete checkpoint (the newest unless one is named) and its recorded recipe.
struct ResumedRun {
    var folder: RunFolder
    var step: Int
    /// Whether the user named the checkpoint itself: then no other one will do.
    var isNamed = false

    /// Opens the checkpoint to go on from, on all processes together: the one that was named, or the newest that is whole.
    func open(by readers: CheckpointReaders) throws(Diagnostic) -> (
        checkpoint: Checkpoint, refused: [RefusedCheckpoint]
    ) {
        if isNamed { return (try readers.open(folder.checkpoint(step)), []) }
        let (checkpoint, refused) = try folder.newestCheckpoint(by: readers)
        if let checkpoint { return (checkpoint, refused) }
        guard let newest = refused.first else { throw Self.none(folder) }
        if refused.count == 1 { throw newest.reason }
        throw Diagnostic(
            "resume.damaged", "none of the run's \(refused.count) checkpoints is whole", at: .init(file: folder.path),
            found: refused.map { "step \($0.step): \($0.text)" }.joined(separator: "; "),
            remedy: "start it again with serre train, or bring the files back")
    }

    private static func none(_ folder: RunFolder) -> Diagnostic {
        Diagnostic(
            "resume.no-checkpoint", "the run has no complete checkpoint", at: .init(file: folder.path),
            remedy: "start it again with serre train")
    }

    /// What `--resume` names: a run folder, a checkpoint in one, a run id under `--output` or a part of only one there, or alone
    /// the latest run; `nil` without it.
    static func find(_ arguments: TrainCommand) throws(Diagnostic) -> ResumedRun? {
        guard let name = arguments.resume else { return nil }
        if name == "latest" {
            guard let latest = RunFolder.runs(under: arguments.output).last else {
                throw Diagnostic(
                    "resume.none", "there is no run to resume under \(arguments.output)",
                    remedy: "start one with serre train RECIPE, or name its folder with --resume")
            }
            return try newest(latest)
        }
        if let checkpoint = checkpoint(name) { return checkpoint }
        return try newest(NamedRun.folder(name, under: arguments.output))
    }

    /// The run and step of a checkpoint's folder, `RUN/checkpoints/step-N`.
    private static func checkpoint(_ path: String) -> ResumedRun? {
        let checkpoint = URL(fileURLWithPath: path).standardizedFileURL
        let parent = checkpoint.deletingLastPathComponent()
        guard parent.lastPathComponent == "checkpoints" else { return nil }
        let folder = RunFolder(parent.deletingLastPathComponent().path)
        let step = folder.checkpointSteps().first { folder.checkpoint($0) == checkpoint.path }
        return step.map { ResumedRun(folder: folder, step: $0, isNamed: true) }
    }

    private static func newest(_ folder: RunFolder) throws(Diagnostic) -> ResumedRun {
        guard let step = folder.checkpointSteps().last else { throw none(folder) }
        return ResumedRun(folder: folder, step: step)
    }

    /// The run's own recipe with what the options change for this process. What would change the result is refused by name.
    func recipe(applying arguments: RecipeArguments) throws(Diagnostic) -> Recipe {
        let recorded = try folder.currentRecipe()
        var changed = try arguments.load(folder.recipe)
        changed.optimizer.extendedSamples = changed.optimizer.extendedSamples ?? recorded.optimizer.extendedSamples
        guard changed.data.corpus == recorded.data.corpus else {
            throw Diagnostic(
                "resume.changed", "a run that has begun has its corpus already",
                at: .init(key: "data.corpus"), remedy: "where its folder has moved, name it with --corpus")
        }
        if changed.resultDigest == recorded.resultDigest {
            guard changed.optimizer.endSamples >= recorded.optimizer.endSamples else {
                throw ResumedChange(from: recorded, to: changed, by: "optimizer.extended_samples").refusal
            }
            return changed
        }
        if let longer = ResumedChange.longer(recorded, as: changed) { return longer }
        // Each option alone says which of them it is; one that is not valid alone is passed over.
        let culprit = arguments.singly.first { single in
            let alone = try? Recipe.load(folder.recipe, overrides: single.settings, options: single.options)
            return alone.map {
                $0.resultDigest != recorded.resultDigest && ResumedChange.longer(recorded, as: $0) == nil
            } ?? false
        }
        throw ResumedChange(from: recorded, to: changed, by: culprit?.name ?? "what the options ask for together")
            .refusal
    }
}
