import ClusterProfiles
import Recipes
import Testing

@testable import Estimation

/// Small recipes and clusters whose every layout can be estimated.
struct PlanCase: CustomTestStringConvertible, Sendable {
    var recipe: String
    var overrides: [String] = []
    var nodes: Int
    var perNode: Int
    var memoryGiB: Double = 80

    var testDescription: String {
        ([recipe] + overrides + ["\(nodes) nodes of \(perNode)"]).joined(separator: " ")
    }

    func load() throws -> (recipe: Recipe, profile: ClusterProfile) {
        (
            try Recipe.load(recipe, overrides: overrides),
            try ClusterProfile.load(
                "jean-zay-a100",
                overrides: [
                    "nodes.accelerators_per_node=\(perNode)", "accelerator.memory_gib=\(memoryGiB)",
                    "accelerator.framework_context_gib=0.001",
                ])
        )
    }

    func space() throws -> (space: LayoutSpace, profile: ClusterProfile) {
        let (recipe, profile) = try load()
        return (LayoutSpace(recipe, accelerators: nodes * perNode), profile)
    }

    static let all = [
        PlanCase(recipe: "nano", nodes: 1, perNode: 4),
        // Slots for embedding and head: the first and the last stage hold a layer fewer.
        PlanCase(recipe: "nano", overrides: ["model.layers=6", "precision=bfloat16"], nodes: 4, perNode: 2),
        PlanCase(recipe: "nano-llama", overrides: ["model.layers=8", "batch.global=32"], nodes: 4, perNode: 4),
        PlanCase(recipe: "nano-gpt2", overrides: ["model.layers=3", "precision=bfloat16", "lanes=4"], nodes: 3, perNode: 4),
        PlanCase(recipe: "nano-gpt2", overrides: ["model.layers=4", "batch.global=24", "lanes=3"], nodes: 4, perNode: 3),
    ]
}
