import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

extension MemoryEstimate {
    /// The rank of a recipe's layout that needs the most on a cluster.
    ///
    /// Of stages that hold as many layers and as much of the model's ends, only those with the most micro-batches in flight
    /// are looked at.
    static func worst(of recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) -> MemoryEstimate {
        let stages = StageHoldings(recipe).fullest
        var programs: [Program] = []
        for rank in try RankClasses(recipe, on: profile).representatives {
            let coordinate = Coordinate(rank: rank, in: recipe.layout)
            guard stages.contains(coordinate.pipeline) else { continue }
            programs.append(try Lowering.program(recipe, at: coordinate))
        }
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
