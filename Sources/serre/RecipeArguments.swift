import ArgumentParser
import Diagnostics
import Foundation
import Numerics
import Recipes

/// The recipe and the options that change it, wherever a recipe is read.
struct RecipeArguments: ParsableArguments {
    @Option(help: "Degree of tensor parallelism (default: the recipe's).")
    var tensor: Int?
    @Option(help: "Degree of pipeline parallelism (default: the recipe's).")
    var pipeline: Int?
    @Option(help: "Chunks of layers per pipeline rank, for the interleaved schedule (default: the recipe's).")
    var interleave: Int?
    @Option(help: "Degree of data parallelism (default: the recipe's).")
    var data: Int?
    @Option(help: "Samples per forward pass of one replica (default: the recipe's).")
    var microBatch: Int?
    @Option(help: "Samples per optimiser step; changes the result (default: the recipe's).")
    var globalBatch: Int?
    @Option(
        help:
            "ZeRO stage: shards over the data ranks nothing (0), optimiser state (1), gradients too (2), parameters too (3) (default: the recipe's)."
    )
    var zero: Int?
    @Option(help: "Tensor ranks split norms and residuals by the sequence, on or off (default: the recipe's).")
    var sequenceParallel: OnOff?
    @Option(
        help:
            "Activations computed again: none, full, or selective, here the same as none since attention's scores are never kept (default: the recipe's)."
    )
    var recompute: Layout.Recompute?
    @Option(help: "Pipeline schedule, gpipe, 1f1b or interleaved (default: the recipe's).")
    var schedule: Layout.Schedule?
    @Option(help: "float32, bfloat16, float16 or float8 (default: the recipe's).")
    var precision: Recipe.Precision?
    @Option(help: "Arithmetic contract, exact-1 or blas (default: the recipe's).")
    var numerics: Recipe.Numerics?
    @Option(help: "Seed of every random draw; changes the result (default: the recipe's).")
    var seed: UInt64?
    @Option(name: .customLong("set"), help: ArgumentHelp("Set any key of the recipe.", valueName: "path.to.key=value"))
    var settings: [String] = []

    var overrides: RecipeOverrides {
        var options = RecipeOverrides()
        options.tensor = tensor
        options.pipeline = pipeline
        options.interleave = interleave
        options.data = data
        options.microBatch = microBatch
        options.globalBatch = globalBatch
        options.zero = zero
        options.sequenceParallel = sequenceParallel.map { $0 == .on }
        options.recompute = recompute
        options.schedule = schedule
        options.precision = precision
        options.numerics = numerics
        options.seed = seed
        return options
    }

    /// Reads the recipe and applies the options; `style` is that of commands that know other engines' programs.
    ///
    /// `defaults` are settings that hold where the command line says nothing else. Throws `recipe.contradiction` where two
    /// options contradict each other.
    func load(
        _ nameOrPath: String, defaults: [String] = [], style: EngineStyle? = nil
    ) throws(Diagnostic) -> Recipe {
        var options = overrides
        options.style = style
        try options.requireAgreement(with: settings)
        let recipe = try Recipe.load(nameOrPath, overrides: defaults + settings, options: options)
        try options.requireTensorRanks(of: recipe, settings: settings)
        return recipe
    }

    /// The options that were given, as words of a command line.
    var words: [String] {
        let options: [(String, String?)] = [
            ("--tensor", Self.text(tensor)), ("--pipeline", Self.text(pipeline)),
            ("--interleave", Self.text(interleave)), ("--data", Self.text(data)),
            ("--micro-batch", Self.text(microBatch)), ("--global-batch", Self.text(globalBatch)),
            ("--zero", Self.text(zero)), ("--sequence-parallel", sequenceParallel?.rawValue),
            ("--recompute", recompute?.rawValue), ("--schedule", schedule?.rawValue),
            ("--precision", precision?.rawValue), ("--numerics", numerics?.rawValue), ("--seed", Self.text(seed)),
        ]
        var words: [String] = []
        for (option, value) in options {
            if let value { words += [option, value] }
        }
        for setting in settings { words += ["--set", setting] }
        return words
    }

    /// The options that may change a run's result, each alone.
    var singly: [(name: String, settings: [String], options: RecipeOverrides)] {
        func option(
            _ name: String, _ isGiven: Bool, _ choose: (inout RecipeOverrides) -> Void
        ) -> [(name: String, settings: [String], options: RecipeOverrides)] {
            var options = RecipeOverrides()
            choose(&options)
            return isGiven ? [(name, [], options)] : []
        }
        return option("--global-batch", globalBatch != nil) { $0.globalBatch = globalBatch }
            + option("--precision", precision != nil) { $0.precision = precision }
            + option("--numerics", numerics != nil) { $0.numerics = numerics }
            + option("--seed", seed != nil) { $0.seed = seed }
            + settings.map { ("--set \($0)", [$0], RecipeOverrides()) }
    }

    private static func text(_ value: (some BinaryInteger)?) -> String? { value.map { String($0) } }

    /// The option other than one of layout, if one was given, which whoever repeats a recorded run cannot give.
    var resultChangingOption: String? {
        if globalBatch != nil { return "--global-batch" }
        if precision != nil { return "--precision" }
        if numerics != nil { return "--numerics" }
        if seed != nil { return "--seed" }
        return settings.first.map { "--set \($0)" }
    }
}

/// A choice that is on or off.
enum OnOff: String, CaseIterable, ExpressibleByArgument { case on, off }

extension Layout.Schedule: ExpressibleByArgument {}
extension Layout.Recompute: ExpressibleByArgument {}
extension Recipe.Precision: ExpressibleByArgument {}
extension Recipe.Numerics: ExpressibleByArgument {}

/// Whose programs are meant, for commands that compute nothing.
struct StyleArguments: ParsableArguments {
    @Option(
        help:
            "Whose programs: serre, or a model of megatron, deepspeed or fsdp, which only estimates know (default: the recipe's)."
    )
    var style: EngineStyle?
}

extension EngineStyle: ExpressibleByArgument {}

/// The threads that share each pass.
struct WorkerArguments: ParsableArguments {
    @Option(help: "Threads that share each pass; cannot change a bit (default: cores ÷ processes on this host).")
    var workers: Int?

    /// Makes the kernels for one of `processes` processes on this machine, of the instruction set that is named, or
    /// else of the environment's.
    func kernels(
        _ recipe: Recipe, processes: Int, instructionSet: KernelContext.InstructionSet? = nil
    ) throws(Diagnostic) -> KernelContext {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let asked = try KernelContext.environmentInstructionSet()
        return try KernelContext(
            instructionSet: instructionSet ?? asked,
            workers: workers ?? max(1, cores / max(processes, 1)), products: recipe.numerics == .blas ? .blas : .exact)
    }
}
