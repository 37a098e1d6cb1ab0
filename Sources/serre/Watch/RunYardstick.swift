import ClusterProfiles
import Estimation
import Pages
import Recipes

/// What a run's model FLOP utilisation is measured by, from the recipe and the cluster profile in its record.
enum RunYardstick {
    /// `nil` where either cannot be read, or the profile has no peak for the recipe's precision.
    static func read(recipe: String, profile: String) -> PageRun.Yardstick? {
        guard let recipe = try? Recipe.parse(recipe),
            let profile = try? ClusterProfile.parse(profile),
            let peak = try? profile.peakOperationsPerSecond(recipe.precision)
        else { return nil }
        let operations = ModelOperations.perStep(recipe.model, samples: 1) / Double(recipe.model.sequenceLength)
        return PageRun.Yardstick(
            operationsPerToken: operations, peakOperationsPerSecond: peak * Double(recipe.layout.ranks))
    }
}
