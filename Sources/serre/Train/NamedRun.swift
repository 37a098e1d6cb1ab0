import Diagnostics
import Foundation
import Training

/// What a command's RUN names.
enum NamedRun {
    /// The run's folder: `name` itself where there is one, else the one under `place` whose id is `name` or has it as a part
    /// that no other has, or the latest for `latest`.
    ///
    /// Throws `run.unknown` and `run.ambiguous`.
    static func folder(_ name: String, under place: String = "runs") throws(Diagnostic) -> RunFolder {
        let files = FileManager.default
        for path in [name, place + "/" + name] where files.fileExists(atPath: path + "/recipe.yaml") {
            return RunFolder(path)
        }
        let runs = RunFolder.runs(under: place)
        if name == "latest", let latest = runs.last { return latest }
        let known = runs.map { $0.name }
        let near = known.filter { $0.contains(name) }
        if near.count == 1 { return RunFolder(place + "/" + near[0]) }
        if near.count > 1 {
            throw Diagnostic(
                "run.ambiguous", "“\(name)” is part of \(near.count) run ids",
                found: near.suffix(4).joined(separator: ", "), remedy: "give more of the id")
        }
        // Whoever asked says what the folder lacks.
        if files.fileExists(atPath: name) { return RunFolder(name) }
        throw Diagnostic(
            "run.unknown", "there is no such run", expected: "a run's folder, the id of one under \(place), or latest",
            found: name,
            remedy: nearestWord(to: name, among: known).map { "did you mean \($0)?" }
                ?? "name the folder that serre train or serre model export printed")
    }
}
