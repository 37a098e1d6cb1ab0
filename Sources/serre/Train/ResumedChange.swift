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

    /// The recipe of a run that goes on for longer than it was to, where `changed` asks for that and for nothing else that
    /// tells results apart. Its steps so far are the same: neither batch nor learning rate depends on the end.
    static func longer(_ recorded: Recipe, as changed: Recipe) -> Recipe? {
        var recipe = changed
        recipe.optimizer.trainSamples = recorded.optimizer.trainSamples
        recipe.optimizer.extendedSamples = changed.optimizer.trainSamples
        let isLater = changed.optimizer.trainSamples >= recorded.optimizer.endSamples
        return isLater && recipe.resultDigest == recorded.resultDigest ? recipe : nil
    }

    var refusal: Diagnostic {
        Diagnostic("resume.changed", "\(option) \(reason)", remedy: remedy)
    }

    private var reason: String {
        if isLengthAlone { return "would end the run before it was to: it can only be made longer" }
        if differsOnly({ $0.name = recorded.name }) {
            return "would change the recipe's name, by which checkpoints know their run"
        }
        let result = "would change the result of a run that has begun"
        let isInterval = differsOnly { $0.checkpoint.everySteps = recorded.checkpoint.everySteps }
        return isInterval ? result + ": its guard rolls back to the checkpoints that are due" : result
    }

    private var remedy: String {
        isLengthAlone
            ? "stop it earlier with --steps"
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
