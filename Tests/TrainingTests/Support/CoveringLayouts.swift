import Recipes

/// A sample of the layouts that a recipe allows: every combination of so many choices is in one of them.
enum CoveringLayouts {
    /// Layouts of a recipe in which all combinations of `strength` choices (such as data 4, ZeRO-3 and full recomputation)
    /// that some layout has are met: a walk over all layouts that keeps those with a combination not yet met.
    static func of(_ recipe: Recipe, strength: Int) -> [Layout] {
        let all = everyLayout(of: recipe)
        var met = Set<[Int]>()
        var kept: [Layout] = []
        for index in all.indices {
            // Far steps, so that neighbours in the walk differ in several choices.
            let layout = all[(index * 1009 + 17) % all.count]
            let fresh = combinations(of: choices(layout), strength).filter { met.insert($0).inserted }
            if !fresh.isEmpty { kept.append(layout) }
        }
        return kept
    }

    static func everyLayout(of recipe: Recipe) -> [Layout] {
        var layouts: [Layout] = []
        for tensor in recipe.legalTensorDegrees {
            for (pipeline, interleave, schedule) in pipelines(of: recipe) {
                for data in [1, 2, 4, 8] {
                    for microBatch in [1, 2, 4, 8] {
                        for zero in 0...3 {
                            for sequenceParallel in tensor == 1 ? [false] : [false, true] {
                                for recompute in [Layout.Recompute.none, .full] {
                                    layouts.append(
                                        Layout(
                                            tensor: tensor, pipeline: pipeline, interleave: interleave, data: data,
                                            microBatch: microBatch, schedule: schedule, zero: zero,
                                            sequenceParallel: sequenceParallel, recompute: recompute))
                                }
                            }
                        }
                    }
                }
            }
        }
        return layouts.filter { (try? recipe.validate($0)) != nil }
    }

    private static func pipelines(of recipe: Recipe) -> [(Int, Int, Layout.Schedule)] {
        recipe.legalPipelineDegrees.flatMap { degree in
            [(degree, 1, .oneForwardOneBackward), (degree, 1, .gpipe)]
                + recipe.legalInterleaves(pipeline: degree).map { (degree, $0, .interleaved) }
        }
    }

    private static func choices(_ layout: Layout) -> [Int] {
        let schedule = Layout.Schedule.allCases.firstIndex(of: layout.schedule) ?? 0
        let values = [
            layout.tensor, layout.pipeline, layout.data, layout.microBatch, layout.zero, schedule,
            layout.sequenceParallel ? 1 : 0, layout.recompute == .full ? 1 : 0,
        ]
        return values.enumerated().map { 16 * $0 + $1 }
    }

    private static func combinations(of choices: [Int], _ strength: Int) -> [[Int]] {
        guard strength > 0 else { return [[]] }
        return choices.indices.flatMap { first in
            combinations(of: Array(choices[(first + 1)...]), strength - 1).map { [choices[first]] + $0 }
        }
    }
}
