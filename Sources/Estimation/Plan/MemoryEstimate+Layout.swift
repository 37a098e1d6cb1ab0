import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

extension MemoryEstimate {
    /// The rank of a recipe's layout that needs the most on a cluster.
    static func worst(of recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) -> MemoryEstimate {
        let programs = try RankClasses(recipe, on: profile).programs(of: recipe)
        guard let memory = worst(of: programs, profile: profile) else {
            throw Diagnostic("layout.ranks", "the layout has no ranks", at: .init(key: "layout"))
        }
        return memory
    }

    /// All bytes of a program of a layout.
    static func totalBytes(_ program: Program, _ layout: Layout, on profile: ClusterProfile) -> Double {
        MemoryEstimate(program, profile: profile).total
    }
}
