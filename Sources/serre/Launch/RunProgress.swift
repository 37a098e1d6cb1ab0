import Diagnostics
import Foundation
import Launching
import Recipes
import Training

/// How far the run of a launch folder is, as its files say.
struct RunProgress {
    var folder: RunFolder
    /// The step of the newest complete checkpoint; `nil` before the first.
    var saved: Int?
    /// The last step of the metrics.
    var step: Int?
    var planned: Int { recipe.plannedSteps }
    var recipe: Recipe
    /// Seconds since a step or an evaluation was last written; `nil` if none was.
    var heartbeatAge: Double?

    var isFinished: Bool { saved.map { $0 >= planned } ?? false }

    /// `nil` where no run has begun.
    init?(_ launch: LaunchFolder, now: Date = Date()) throws(Diagnostic) {
        // The run that jobs go on with is the latest with a checkpoint; before there is one, the latest.
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: launch.runs)) ?? []).sorted()
        let begun = names.map { RunFolder(launch.runs + "/" + $0) }
            .filter { FileManager.default.fileExists(atPath: $0.recipe) }
        guard let folder = begun.last(where: { !$0.checkpointSteps().isEmpty }) ?? begun.last else { return nil }
        self.folder = folder
        saved = folder.checkpointSteps().last
        recipe = try folder.currentRecipe()
        step = Self.lastStep(folder.metrics)
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder.metrics)
        heartbeatAge = (attributes?[.modificationDate] as? Date).map { max(0, now.timeIntervalSince($0)) }
    }

    private static func lastStep(_ path: String) -> Int? {
        guard let handle = FileHandle(forReadingAtPath: path), let size = try? handle.seekToEnd() else { return nil }
        // Lines of evaluations in many languages are the longest.
        try? handle.seek(toOffset: size > 65_536 ? size - 65_536 : 0)
        guard let data = try? handle.readToEnd() else { return nil }
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n").reversed() {
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            if let step = object?["step"] as? Int { return step }
        }
        return nil
    }
}
