import ArgumentParser

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract:
            "Examine a trained model in suites: likelihood by language, choices, last words, bias, generation, memory.",
        discussion: """
            Examples:
              serre evaluate runs/20260101-120000-demo-0a1b greenhouse
              serre evaluate compare one.json other.json

            A model is a run's folder (its last complete checkpoint) or a Hugging Face folder. A suite is a YAML file or the \
            name of one that comes with Serre.
            """,
        subcommands: [Run.self, Compare.self, Suites.self, Harness.self], defaultSubcommand: Run.self)
}
