import Recipes

@testable import Programs

/// The smallest recipe that has every kind of layer, written out so that the tests need no file.
enum Nano {
    static func recipe(_ layout: Layout = Layout()) -> Recipe {
        Recipe(
            name: "nano",
            model: Recipe.Model(
                layers: 4, hidden: 64, heads: 4, sequenceLength: 32, vocabulary: 257, paddedVocabulary: 264),
            batch: Recipe.Batch(global: 16),
            optimizer: Recipe.Optimizer(
                learningRatePeak: 1e-2, learningRateMinimum: 1e-3, warmupSamples: 32, decaySamples: 320,
                trainSamples: 160),
            layout: layout)
    }

    static func programs(_ layout: Layout) throws -> [Program] { try Lowering.programs(recipe(layout)) }

    /// Tensor, pipeline and data degrees and micro-batches of 1, 2 and 4; with ZeRO off and on; both schedules.
    static let layouts: [Layout] = [1, 2, 4].flatMap { tensor in
        [1, 2, 4].flatMap { pipeline in
            [1, 2, 4].flatMap { data in layouts(tensor: tensor, pipeline: pipeline, data: data) }
        }
    }

    private static func layouts(tensor: Int, pipeline: Int, data: Int) -> [Layout] {
        [1, 2, 4].flatMap { microBatch in
            [0, 1].flatMap { zero in
                [Layout.Schedule.gpipe, .oneForwardOneBackward].map { schedule in
                    Layout(
                        tensor: tensor, pipeline: pipeline, data: data, microBatch: microBatch, schedule: schedule,
                        zero: zero)
                }
            }
        }
    }
}
