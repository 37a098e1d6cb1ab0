import ArgumentParser
import Diagnostics
import Recipes
import Training

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Write a trained model for Hugging Face transformers, and begin a run from such a model.",
        discussion: """
            Examples:
              serre model export runs/20260101-120000-demo-0a1b -o models/demo
              serre model import models/demo

            Families: BLOOM (BloomForCausalLM), Llama (LlamaForCausalLM), GPT-2 (GPT2LMHeadModel).
            """,
        subcommands: [Export.self, Import.self, Logits.self])

    /// A run's last complete checkpoint and its recipe.
    static func trained(_ run: RunFolder) throws(Diagnostic) -> (step: Int, checkpoint: Checkpoint, recipe: Recipe) {
        guard let step = run.checkpointSteps().last else {
            throw Diagnostic(
                "model.no-checkpoint", "the run has no complete checkpoint", at: .init(file: run.path),
                remedy: "name the folder that serre train printed")
        }
        return (step, try Checkpoint(run.checkpoint(step)), try Recipe.load(run.recipe))
    }
}
