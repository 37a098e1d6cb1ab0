import ClusterProfiles
import Diagnostics
import Recipes

/// The fastest layout of a model on all accelerators of some nodes, whose lanes are free too.
enum LayoutChoice {
    /// The first of the plan; `nil` if no layout fits memory. The batch is rounded up to a multiple of the lanes.
    ///
    /// Throws what keeps the run from ending where layouts fit and none sees its end.
    static func fastest(_ recipe: Recipe, nodes: Int, on profile: ClusterProfile) throws(Diagnostic) -> Estimate? {
        var best: Estimate?
        var unending: Diagnostic?
        let lanes = lanes(ranks: nodes * profile.nodes.acceleratorsPerNode, samples: recipe.batch.global)
        // To other engines lanes mean nothing.
        for lanes in recipe.layout.style == .serre ? lanes : [lanes[0]] {
            var candidate = recipe
            candidate.lanes = lanes
            candidate.batch.global = (recipe.batch.global + lanes - 1) / lanes * lanes
            let plan = try LayoutPlan(candidate, on: profile, PlanRequest(nodes: nodes, top: 1))
            if let estimate = plan.candidates.first, estimate.tokensPerSecond > best?.tokensPerSecond ?? 0 {
                best = estimate
            }
            unending = unending ?? plan.unending
        }
        if best == nil, let unending { throw unending }
        return best
    }

    /// Lanes that allow as many data degrees as they can: a power of two, and where that does not divide the ranks evenly all
    /// of the ranks as well, but no more than there are samples.
    private static func lanes(ranks: Int, samples: Int) -> [Int] {
        var power = 1 << ranks.trailingZeroBitCount
        while power > samples { power /= 2 }
        let odd = ranks >> ranks.trailingZeroBitCount
        var all = odd * power
        while all > samples, all % 2 == 0 { all /= 2 }
        return odd == 1 || all > samples ? [power] : [power, all]
    }
}
