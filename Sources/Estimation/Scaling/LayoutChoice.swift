import ClusterProfiles
import Diagnostics
import Recipes

/// The fastest of a few layouts of a model on all accelerators of some nodes.
///
/// It looks at tensor × pipeline products that are a power of two or three times one, from the smallest of which any layout
/// fits memory to eight times that; micro-batches are 1, 2 or 4, tensor groups stay within a node, and a layout that fits without recomputation is not tried with it.
enum LayoutChoice {
    /// Estimates the layouts that could fit and gives the fastest that does; `nil` if none fits.
    static func fastest(_ recipe: Recipe, ranks: Int, on profile: ClusterProfile) throws(Diagnostic) -> Estimate? {
        var best: Estimate?
        var largest = ranks
        for product in products(of: ranks) where product <= largest {
            let data = ranks / product
            guard mayFit(recipe, product: product, data: data, profile) else { continue }
            for (tensor, pipeline) in splits(product, recipe, profile) {
                for candidate in candidates(recipe, tensor: tensor, pipeline: pipeline, data: data) {
                    guard let estimate = try fitting(candidate, on: profile) else { continue }
                    if best == nil { largest = min(largest, 8 * product) }
                    if estimate.tokensPerSecond > best?.tokensPerSecond ?? 0 { best = estimate }
                }
            }
        }
        return best
    }

    /// The divisors of a number that are a power of two or three times one, ascending.
    private static func products(of ranks: Int) -> [Int] {
        (0..<ranks.bitWidth - 3).flatMap { [1 << $0, 3 << $0] }.filter { $0 <= ranks && ranks % $0 == 0 }.sorted()
    }

    private static func splits(_ product: Int, _ recipe: Recipe, _ profile: ClusterProfile) -> [(Int, Int)] {
        var splits: [(Int, Int)] = []
        var tensor = 1
        while tensor <= profile.nodes.acceleratorsPerNode, product % tensor == 0 {
            splits.append((tensor, product / tensor))
            tensor *= 2
        }
        return splits
    }

    /// Parameters, gradients and optimiser state alone: at least 4 bytes of each parameter, and 8 shared by the replicas.
    private static func mayFit(_ recipe: Recipe, product: Int, data: Int, _ profile: ClusterProfile) -> Bool {
        let bytesEach = 4 + 8 / Double(data)
        return Double(recipe.parameterCount) * bytesEach / Double(product) < profile.accelerator.memoryBytes
    }

    /// Legal layouts, by micro-batch; the batch is rounded up to what their replicas can share.
    private static func candidates(_ recipe: Recipe, tensor: Int, pipeline: Int, data: Int) -> [Recipe] {
        [1, 2, 4].compactMap { microBatch in
            var candidate = recipe
            candidate.layout.tensor = tensor
            candidate.layout.pipeline = pipeline
            candidate.layout.data = data
            candidate.layout.microBatch = microBatch
            candidate.lanes = data
            let share = data * microBatch
            candidate.batch.global = (candidate.batch.global + share - 1) / share * share
            return (try? candidate.validate()) == nil ? nil : candidate
        }
    }

    /// The estimate without recomputation if that fits, or else with it, or none.
    private static func fitting(_ candidate: Recipe, on profile: ClusterProfile) throws(Diagnostic) -> Estimate? {
        for recompute in [Layout.Recompute.none, .full] {
            var recipe = candidate
            recipe.layout.recompute = recompute
            let estimate = try Estimate(recipe, on: profile)
            if estimate.fits { return estimate }
        }
        return nil
    }
}
