import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

/// What can be said about a recipe before anything runs: its size, whether its programs are sound, whether it fits.
public struct LayoutCheck: Sendable, Equatable {
    public var recipe: Recipe
    public var profile: ClusterProfile?
    /// What the checker found in the programs of all ranks.
    public var problems: [Checker.Problem]
    /// Of the rank that needs the most.
    public var memory: MemoryEstimate

    /// Lowers every rank's program and checks them; with a profile, also against its accelerators.
    ///
    /// Throws `layout.exceeds-profile` for more ranks than accelerators.
    public init(_ recipe: Recipe, on profile: ClusterProfile? = nil) throws(Diagnostic) {
        try profile?.requireRoom(for: recipe.layout)
        let programs = try Lowering.programs(recipe)
        // Tensor ranks of a stage hold equal shapes.
        let distinct = programs.filter { $0.coordinate.tensor == 0 }
        guard let memory = MemoryEstimate.worst(of: distinct, profile: profile) else {
            throw Diagnostic("layout.ranks", "the layout has no ranks", at: .init(key: "layout"))
        }
        self.recipe = recipe
        self.profile = profile
        self.memory = memory
        problems = Checker.problems(in: programs, layout: recipe.layout)
    }

    /// The exact number of parameters, the padded vocabulary included.
    public var parameters: Int { recipe.parameterCount }
    public var ranks: Int { recipe.layout.ranks }
    /// Whether the checker found nothing.
    public var isLegal: Bool { problems.isEmpty }
    /// Whether the worst rank fits an accelerator; `nil` without a profile.
    public var fits: Bool? { profile.map { memory.fits($0) } }
}

extension LayoutCheck: Encodable {
    enum CodingKeys: String, CodingKey {
        case parameters, ranks, legal, problems
        case memory = "memory_gib"
        case fits
    }

    /// The keys of `serre check --json`; `fits` is `null` without a profile.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(ranks, forKey: .ranks)
        try container.encode(isLegal, forKey: .legal)
        try container.encode(problems.map(\.description), forKey: .problems)
        try container.encode(memory, forKey: .memory)
        try container.encode(fits, forKey: .fits)
    }
}
