import Recipes

@testable import Programs

/// The layouts that a recipe allows, over every feature that a layout has.
enum LayoutSpace {
    /// Up to four replicas, micro-batches of up to four samples.
    static func layouts(of recipe: Recipe) -> [Layout] {
        recipe.legalTensorDegrees.filter { $0 <= 4 }.flatMap { tensor in
            pipelines(of: recipe).flatMap { pipeline in
                [1, 2, 4].flatMap { data in
                    spread(recipe, Layout(tensor: tensor, pipeline: pipeline.degree, data: data), pipeline)
                }
            }
        }
    }

    /// Those with interleaving, parts of the sequence, or sharded gradients or parameters.
    static func newer(of recipe: Recipe) -> [Layout] {
        layouts(of: recipe).filter { $0.interleave > 1 || $0.sequenceParallel || $0.stridesLanes }
    }

    private struct Pipeline {
        var degree, interleave: Int
        var schedule: Layout.Schedule
    }

    private static func pipelines(of recipe: Recipe) -> [Pipeline] {
        recipe.legalPipelineDegrees.flatMap { degree in
            [Pipeline(degree: degree, interleave: 1, schedule: .oneForwardOneBackward)]
                + (degree > 1 ? [Pipeline(degree: degree, interleave: 1, schedule: .gpipe)] : [])
                + recipe.legalInterleaves(pipeline: degree).map {
                    Pipeline(degree: degree, interleave: $0, schedule: .interleaved)
                }
        }
    }

    private static func spread(_ recipe: Recipe, _ degrees: Layout, _ pipeline: Pipeline) -> [Layout] {
        var layouts: [Layout] = []
        for microBatch in [1, 2, 4] {
            for zero in degrees.data == 1 ? 1...1 : 0...3 {
                for sequenceParallel in degrees.tensor == 1 ? [false] : [false, true] {
                    for recompute in [Layout.Recompute.none, .full] {
                        var layout = degrees
                        layout.interleave = pipeline.interleave
                        layout.schedule = pipeline.schedule
                        layout.microBatch = microBatch
                        layout.zero = zero
                        layout.sequenceParallel = sequenceParallel
                        layout.recompute = recompute
                        if (try? recipe.validate(layout)) != nil { layouts.append(layout) }
                    }
                }
            }
        }
        return layouts
    }
}
