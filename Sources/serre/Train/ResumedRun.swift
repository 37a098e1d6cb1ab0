import Diagnostics
import Foundation
import Recipes
import Training

/// A run to go on with: its folder, its newest complete checkpoint and its recorded recipe.
struct ResumedRun {
    var folder: RunFolder
    var step: Int

    /// What `--resume` names: a run folder, a run id under `--output`, or alone the latest run there; `nil` without it.
    static func find(_ arguments: TrainCommand) throws(Diagnostic) -> ResumedRun? {
        guard let name = arguments.resume else { return nil }
        if name.isEmpty {
            guard let latest = RunFolder.runs(under: arguments.output).last else {
                throw Diagnostic(
                    "resume.none", "there is no run to resume under \(arguments.output)",
                    remedy: "start one with serre train RECIPE, or name its folder with --resume")
            }
            return try newest(latest)
        }
        let candidates = [name, arguments.output + "/" + name]
        guard let path = candidates.first(where: { FileManager.default.fileExists(atPath: $0 + "/recipe.yaml") }) else {
            let known = RunFolder.runs(under: arguments.output).map { $0.name }
            throw Diagnostic(
                "resume.unknown", "there is no such run", expected: "a run folder or an id under \(arguments.output)",
                found: name, remedy: nearestWord(to: name, among: known).map { "did you mean \($0)?" })
        }
        return try newest(RunFolder(path))
    }

    private static func newest(_ folder: RunFolder) throws(Diagnostic) -> ResumedRun {
        guard let step = folder.checkpointSteps().last else {
            throw Diagnostic(
                "resume.no-checkpoint", "the run has no complete checkpoint", at: .init(file: folder.path),
                remedy: "start it again with serre train")
        }
        return ResumedRun(folder: folder, step: step)
    }

    /// The run's own recipe on the layout that the options ask for. Options that would change the result are refused.
    func recipe(applying arguments: RecipeArguments) throws(Diagnostic) -> Recipe {
        if let option = arguments.resultChangingOption {
            throw Diagnostic(
                "resume.changed", "\(option) would change the result of a run that has begun",
                remedy: "start a new run, or resume with another layout only")
        }
        return try Recipe.load(folder.recipe).applying(arguments.overrides)
    }
}
