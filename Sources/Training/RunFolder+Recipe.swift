import Diagnostics
import Foundation
import Integrity
import Recipes

/// The recipe of a run in its folder: `recipe.yaml` stays as the run began and as its record says; where the run was made longer,
/// `extended-samples` has the number of samples after which it now ends.
extension RunFolder {
    private var extendedSamples: String { path + "/extended-samples" }

    /// The run's recipe as it is now.
    public func currentRecipe() throws(Diagnostic) -> Recipe {
        var recorded = try Recipe.load(recipe)
        guard let bytes = files.contents(of: extendedSamples) else { return recorded }
        let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        guard let samples = Int(text), samples > recorded.optimizer.trainSamples else {
            throw Diagnostic(
                "run.extended-samples", "the file does not say how long the run is to be",
                at: .init(file: extendedSamples),
                expected: "a number above \(recorded.optimizer.trainSamples)", found: text,
                remedy: "remove the file, and give the length again with --set optimizer.train_samples=…")
        }
        recorded.optimizer.extendedSamples = samples
        return recorded
    }

    /// Remembers that the run now ends after so many samples; only the holder of the run's lock may call it.
    public func extend(to samples: Int) throws(Diagnostic) {
        guard try currentRecipe().optimizer.extendedSamples != samples else { return }
        try AtomicFile.write("\(samples)\n", to: extendedSamples, on: files)
    }
}
