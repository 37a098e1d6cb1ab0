import ArgumentParser
import Diagnostics
import Foundation
import Ledger
import Recipes
import Training

extension ModelCommand {
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a run from a Hugging Face folder, at step 0 with its weights.",
            discussion: """
                Examples:
                  serre model import models/demo
                  serre model import models/demo --recipe demo --set optimizer.learning_rate_peak=1e-4

                Reads config.json and the weights (float32, bfloat16 or float16) of a BLOOM, Llama or GPT-2 model: one \
                model.safetensors, or several files with model.safetensors.index.json. What Serre cannot represent, \
                such as scaled rotary positions, is refused by name. Go on with serre train --resume or serre generate.
                """)
        @Argument(help: "Folder of the model.", completion: .directory)
        var folder: String
        @Option(
            help: "Recipe for all but the model's sizes (default: modest figures for training on).", completion: .recipe
        )
        var recipe: String?
        @Option(
            name: .customLong("set"), help: ArgumentHelp("Set any key of --recipe.", valueName: "path.to.key=value"))
        var settings: [String] = []
        @Option(help: "Folder under which each run gets a folder of its own.", completion: .file())
        var output = "runs"
        @Flag(help: "Print JSON.")
        var json = false
        @OptionGroup var workerArguments: WorkerArguments

        func validate() throws {
            if !settings.isEmpty, recipe == nil { throw ValidationError("--set needs a --recipe to act on.") }
        }

        func run() throws {
            let model = try ModelImport(folder)
            let base = try recipe.map { name throws(Diagnostic) in try Recipe.load(name, overrides: settings) }
            let recipe = try model.recipe(basedOn: base)
            let run = RunFolder("\(output)/\(RunID(recipe: recipe.name, startedAt: Date()).text)")
            let digest = try model.write(
                recipe, kernels: workerArguments.kernels(recipe, processes: 1), to: run.path)
            if let obstacle = recipe.trainingObstacles.first { Console.warn(obstacle.description) }
            if json {
                return try Console.printJSON(
                    Report(
                        folder: run.path, family: recipe.model.family.rawValue, parameters: recipe.parameterCount,
                        stateDigest: digest.description))
            }
            Console.print("\(run.path): step 0, \(grouped(recipe.parameterCount)) parameters, state \(digest)")
            Console.note("Go on with serre train --resume \(run.path), or serre generate \(run.path).")
        }

        private struct Report: Encodable {
            var folder: String
            var family: String
            var parameters: Int
            var stateDigest: String

            enum CodingKeys: String, CodingKey {
                case folder, family, parameters
                case stateDigest = "state_digest"
            }
        }
    }
}
