import Diagnostics
import Recipes
import Training

/// A change of the recipe that a run which has begun cannot take, and why.
struct ResumedChange {
    private let recorded: Recipe
    private let changed: Recipe
    private let option: String

    init(from recorded: Recipe, to changed: Recipe, by option: String) {
        (self.recorded, self.changed, self.option) = (recorded, changed, option)
    }

    var refusal: Diagnostic {
        Diagnostic("resume.changed", "\(option) \(reason)", remedy: remedy)
    }

    private var reason: String {
        if differsOnly({ $0.name = recorded.name }) {
            return "would change the recipe's name, by which checkpoints know their run"
        }
        if isLengthAlone { return "would change where the run ends, which its checkpoints and its record state" }
        let result = "would change the result of a run that has begun"
        let isInterval = differsOnly { $0.checkpoint.everySteps = recorded.checkpoint.everySteps }
        return isInterval ? result + ": its guard rolls back to the checkpoints that are due" : result
    }

    private var remedy: String {
        isLengthAlone
            ? "start a new run with it, whose steps up to here will be the same bit for bit; --steps ends one earlier"
            : "start a new run; this one can change its layout, checkpoint, evaluation, ledger, audit and digest_every"
    }

    private var isLengthAlone: Bool {
        differsOnly { $0.optimizer.trainSamples = recorded.optimizer.trainSamples }
    }

    /// Whether nothing but what `undo` takes back tells the results apart.
    private func differsOnly(_ undo: (inout Recipe) -> Void) -> Bool {
        var recipe = changed
        undo(&recipe)
        return recipe.resultDigest == recorded.resultDigest
    }
}
