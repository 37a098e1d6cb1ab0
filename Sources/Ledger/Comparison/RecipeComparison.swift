import Diagnostics

/// The recipes of two records, their keys parted by whether they decide the result.
struct RecipeComparison {
    private(set) var deciding: [ValueDifference] = []
    private(set) var layout: [ValueDifference] = []
    private(set) var policies: [ValueDifference] = []

    /// Compares two resolved recipes, which hold every key.
    init(_ a: FlatValues, _ b: FlatValues) {
        // A run that may roll back goes on from a checkpoint, so that the steps between checkpoints decide too.
        let rollsBack = [a, b].contains { recipe in
            recipe.entries.contains { $0.key.hasPrefix("guard.") && $0.value == "roll_back" }
        }
        for difference in a.differences(from: b) {
            switch Self.section(of: difference.key) {
            case .layout: layout.append(difference)
            case .policies where !(rollsBack && difference.key == "checkpoint.every_steps"):
                policies.append(difference)
            default: deciding.append(difference)
            }
        }
    }

    /// What a recipe's key belongs to: the result unless it is known not to.
    private static func section(of key: String) -> ComparedSection.Section {
        if key.hasPrefix("layout.") { return .layout }
        // The digest of the data decides, not the name of the folder that holds it.
        let alone = ["name", "digest_every", "data.corpus", "optimizer.extended_samples"].contains(key)
        let policy = ["checkpoint.", "evaluation.", "ledger."].contains(where: key.hasPrefix)
        return alone || policy ? .policies : .recipe
    }
}
