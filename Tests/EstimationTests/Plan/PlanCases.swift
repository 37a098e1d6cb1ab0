import ClusterProfiles
import Recipes
import Testing

@testable import Estimation

/// A small recipe on a small cluster, every layout of which can be estimated.
struct PlanCase: CustomTestStringConvertible, Sendable {
    var recipe: String
    var overrides: [String] = []
    var nodes: Int
    var perNode: Int
    var profile = "jean-zay-a100"

    var testDescription: String {
        ([recipe] + overrides + ["\(nodes) nodes of \(perNode)", profile]).joined(separator: " ")
    }

    func load(memoryGiB: Double = 80) throws -> (recipe: Recipe, profile: ClusterProfile) {
        (
            try Recipe.load(recipe, overrides: overrides),
            try ClusterProfile.load(
                profile,
                overrides: [
                    "nodes.accelerators_per_node=\(perNode)", "accelerator.memory_gib=\(memoryGiB)",
                    "accelerator.framework_context_gib=0.0001",
                ])
        )
    }

    static let serre = [
        PlanCase(recipe: "nano", nodes: 1, perNode: 4),
        // Slots for embedding and head: the first and the last stage hold a layer fewer.
        PlanCase(recipe: "nano", overrides: ["model.layers=6", "precision=bfloat16"], nodes: 4, perNode: 2),
        PlanCase(recipe: "nano-llama", overrides: ["model.layers=8", "batch.global=32"], nodes: 4, perNode: 4),
        PlanCase(
            recipe: "nano-gpt2", overrides: ["model.layers=3", "precision=bfloat16", "lanes=4"], nodes: 3, perNode: 4),
        // Borders of nodes inside the groups of tensor ranks.
        PlanCase(
            recipe: "nano-gpt2", overrides: ["model.layers=4", "batch.global=24", "lanes=3"], nodes: 4, perNode: 3),
    ]

    /// The same of other engines, whose chunks need not be even.
    static let others = [
        PlanCase(
            recipe: "nano-llama", overrides: ["layout.style=megatron", "model.layers=5", "precision=bfloat16"],
            nodes: 4,
            perNode: 2),
        PlanCase(
            recipe: "nano", overrides: ["layout.style=deepspeed", "model.layers=6", "precision=float16"], nodes: 2,
            perNode: 6),
        PlanCase(
            recipe: "nano-llama", overrides: ["layout.style=fsdp", "precision=bfloat16", "batch.global=48"], nodes: 4,
            perNode: 4),
        // Its compiler fuses the loss.
        PlanCase(
            recipe: "nano-llama", overrides: ["layout.style=fsdp", "precision=bfloat16", "batch.global=48"], nodes: 2,
            perNode: 4, profile: "h200-node"),
    ]

    /// Whether profiles know other engines.
    static let knowsEngines =
        (try? ClusterProfile.load("jean-zay-a100", overrides: ["engines.megatron.buffers_gib=0"])) != nil
}

/// What estimating every layout of a case says.
struct Exhaustive {
    struct Entry {
        var layout: Layout
        var estimate: Estimate
    }

    let space: LayoutSpace
    let profile: ClusterProfile
    /// In the order of the space.
    let entries: [Entry]

    init(_ test: PlanCase) throws {
        let (recipe, profile) = try test.load()
        let space = LayoutSpace(recipe, accelerators: test.nodes * test.perNode)
        self.space = space
        self.profile = profile
        entries = try space.degrees.flatMap { space.legal($0).layouts }.map { layout in
            var recipe = recipe
            recipe.layout = layout
            return Entry(layout: layout, estimate: try Estimate(recipe, on: profile))
        }
    }

    /// Those that fit so many bytes, in the order of a plan.
    func ranking(bytes: Double = .infinity) -> [Layout] {
        entries.enumerated().filter { $0.element.estimate.memory.total <= bytes }.sorted {
            let (a, b) = ($0.element.estimate, $1.element.estimate)
            return (a.secondsPerStep, a.memory.total, $0.offset) < (b.secondsPerStep, b.memory.total, $1.offset)
        }.map(\.element.layout)
    }
}
