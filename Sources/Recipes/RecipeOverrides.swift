import Diagnostics

/// The recipe keys that have options of their own on the command line; `nil` leaves the recipe's value.
public struct RecipeOverrides: Sendable, Equatable {
    public var tensor: Int?
    public var pipeline: Int?
    public var interleave: Int?
    public var data: Int?
    public var microBatch: Int?
    public var globalBatch: Int?
    public var zero: Int?
    public var sequenceParallel: Bool?
    public var recompute: Layout.Recompute?
    public var schedule: Layout.Schedule?
    public var seed: UInt64?
    public var numerics: Recipe.Numerics?
    public var precision: Recipe.Precision?
    public var style: EngineStyle?

    public init() {}

    struct Setting: Equatable {
        var option: String
        var path: String
        var value: String
    }

    /// The overrides that are set, with the option that set each and the key it stands for.
    var settings: [Setting] {
        let all: [(String, String, String?)] = [
            ("--tensor", "layout.tensor", tensor.map { "\($0)" }),
            ("--pipeline", "layout.pipeline", pipeline.map { "\($0)" }),
            ("--interleave", "layout.interleave", interleave.map { "\($0)" }),
            ("--data", "layout.data", data.map { "\($0)" }),
            ("--micro-batch", "layout.micro_batch", microBatch.map { "\($0)" }),
            ("--global-batch", "batch.global", globalBatch.map { "\($0)" }),
            ("--zero", "layout.zero", zero.map { "\($0)" }),
            ("--sequence-parallel", "layout.sequence_parallel", sequenceParallel.map { "\($0)" }),
            ("--recompute", "layout.recompute", recompute?.rawValue),
            ("--schedule", "layout.schedule", schedule?.rawValue),
            ("--seed", "seed", seed.map { "\($0)" }),
            ("--numerics", "numerics", numerics?.rawValue),
            ("--precision", "precision", precision?.rawValue), ("--style", "layout.style", style?.rawValue),
        ]
        return all.compactMap { option, path, value in value.map { Setting(option: option, path: path, value: $0) } }
    }
}

extension Recipe {
    /// This recipe with some keys changed, validated again; `lanes` and every other resolved value stay.
    ///
    /// For recipes that are already resolved, such as a recorded run's that resumes on another layout.
    public func applying(_ overrides: RecipeOverrides) throws(Diagnostic) -> Recipe {
        var recipe = self
        recipe.layout.tensor = overrides.tensor ?? layout.tensor
        recipe.layout.pipeline = overrides.pipeline ?? layout.pipeline
        recipe.layout.interleave = overrides.interleave ?? layout.interleave
        recipe.layout.data = overrides.data ?? layout.data
        recipe.layout.microBatch = overrides.microBatch ?? layout.microBatch
        recipe.layout.zero = overrides.zero ?? layout.zero
        recipe.layout.sequenceParallel = overrides.sequenceParallel ?? layout.sequenceParallel
        recipe.layout.recompute = overrides.recompute ?? layout.recompute
        recipe.layout.schedule = overrides.schedule ?? layout.schedule
        recipe.batch.global = overrides.globalBatch ?? batch.global
        recipe.seed = overrides.seed ?? seed
        recipe.numerics = overrides.numerics ?? numerics
        recipe.precision = overrides.precision ?? precision
        recipe.layout.style = overrides.style ?? layout.style
        do throws(Diagnostic) {
            try recipe.validate()
        } catch {
            var located = error
            if let setting = overrides.settings.first(where: { $0.path == error.location?.key }) {
                located.location?.file = setting.option
            }
            throw located
        }
        return recipe
    }
}
