import Diagnostics

/// Steps one at a time, for whoever repeats a run that is recorded.
extension Trainer {
    /// Does one step; the state's digest is taken if `digesting`, whatever the recipe says.
    ///
    /// Nothing is saved but what a later roll back of the recipe's guard may need. Every host must call it alike.
    public func repeatStep(digesting: Bool) throws(Diagnostic) -> StepRecord {
        var record: StepRecord?
        try trainStep(digesting: digesting) { (event) in
            if case .step(let done) = event { record = done }
        }
        if recipe.guardPolicy.rollsBack, isDue(recipe.checkpoint.everySteps) { try save { _ in } }
        guard let record else { throw Diagnostic("train.step", "a step told nothing of itself", kind: .failure) }
        return record
    }

    /// Saves the state at hand in the run's folder; the path of the checkpoint.
    public func saveState() throws(Diagnostic) -> String {
        try save { _ in }
        return folder.checkpoint(step)
    }
}
