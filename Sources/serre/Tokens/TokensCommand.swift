import ArgumentParser

struct TokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract: "Make token files from a corpus, and show what they hold.",
        discussion: """
            Example:
              serre corpus build fixtures/corpus -o corpora/small
              serre tokens build corpora/small --tokenizer bytes -o tokens/small
              serre train nano --corpus tokens/small.json
            """,
        subcommands: [TokensBuildCommand.self, TokensShowCommand.self])
}
