import ArgumentParser
import Diagnostics
import Foundation
import Ledger
import Recipes
import Training

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Write a trained model for Hugging Face transformers, and begin a run from such a model.",
        discussion: """
            Example:
              serre model export runs/20260101-120000-demo-0a1b -o models/demo
            """,
        subcommands: [Export.self, Import.self])

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a run's last checkpoint as a Hugging Face BLOOM folder, with its tokeniser.",
            discussion: """
                Example:
                  serre model export runs/20260101-120000-demo-0a1b -o models/demo

                In Python: AutoModelForCausalLM.from_pretrained("models/demo"), AutoTokenizer likewise. The weights are \
                float32, the same values bit for bit. Token ids are UTF-8 bytes; <|end|> begins and ends a document.
                """)
        @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"))
        var folder: String
        @Option(name: [.short, .long], help: "Folder to write; it appears whole or not at all.")
        var output: String
        @Flag(help: "Replace the output folder if it is an exported model.")
        var replace = false
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let run = RunFolder(folder)
            guard let step = run.checkpointSteps().last else {
                throw Diagnostic(
                    "model.no-checkpoint", "the run has no complete checkpoint", at: .init(file: run.path),
                    remedy: "name the folder that serre train printed")
            }
            let receipt = try BloomExport.write(
                Checkpoint(run.checkpoint(step)), of: Recipe.load(run.recipe), to: output, replace: replace)
            let report = Report(
                folder: receipt.folder, parameters: receipt.parameters, sha256: receipt.digest.hex)
            if json { return try Console.printJSON(report) }
            Console.print("\(report.folder): step \(step), \(grouped(report.parameters)) parameters")
            Console.print("model.safetensors sha256 \(report.sha256)")
        }

        private struct Report: Encodable {
            var folder: String
            var parameters: Int
            /// Of `model.safetensors`, as sha256sum prints it.
            var sha256: String
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a run from a Hugging Face BLOOM folder, at step 0 with its weights.",
            discussion: """
                Examples:
                  serre model import models/demo
                  serre model import models/demo --recipe demo --set optimizer.learning_rate_peak=1e-4

                Reads config.json and one model.safetensors (float32, bfloat16 or float16). Go on with serre train \
                --resume or serre generate.
                """)
        @Argument(help: "Folder of the model.")
        var folder: String
        @Option(help: "Recipe for all but the model's sizes (default: modest figures for training on).")
        var recipe: String?
        @Option(
            name: .customLong("set"), help: ArgumentHelp("Set any key of --recipe.", valueName: "path.to.key=value"))
        var settings: [String] = []
        @Option(help: "Folder under which each run gets a folder of its own.")
        var output = "runs"
        @Flag(help: "Print JSON.")
        var json = false
        @OptionGroup var workerArguments: WorkerArguments

        func validate() throws {
            if !settings.isEmpty, recipe == nil { throw ValidationError("--set needs a --recipe to act on.") }
        }

        func run() throws {
            let model = try BloomImport(folder)
            let base = try recipe.map { name throws(Diagnostic) in try Recipe.load(name, overrides: settings) }
            let recipe = try model.recipe(basedOn: base)
            let run = RunFolder("\(output)/\(RunID(recipe: recipe.name, startedAt: Date()).text)")
            let digest = try model.write(
                recipe, kernels: workerArguments.kernels(recipe, processes: 1), to: run.path)
            if let obstacle = recipe.trainingObstacles.first { Console.warn(obstacle.description) }
            if json {
                return try Console.printJSON(
                    Report(folder: run.path, parameters: recipe.parameterCount, stateDigest: digest.description))
            }
            Console.print("\(run.path): step 0, \(grouped(recipe.parameterCount)) parameters, state \(digest)")
            Console.note("Go on with serre train --resume \(run.path), or serre generate \(run.path).")
        }

        private struct Report: Encodable {
            var folder: String
            var parameters: Int
            var stateDigest: String

            enum CodingKeys: String, CodingKey {
                case folder, parameters
                case stateDigest = "state_digest"
            }
        }
    }
}
