import ArgumentParser
import Corpora
import Diagnostics
import Foundation

struct CorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus",
        abstract: "Build a corpus from text, and show what it holds.",
        discussion: """
            Example:
              serre corpus build fixtures/corpus -o corpora/small
            """,
        subcommands: [
            CorpusBuildCommand.self, CorpusShowCommand.self, CorpusRemoveCommand.self, PerplexityModelCommand.self,
            LanguageModelCommand.self,
        ])
}

/// The output of a report whose text ends with a line feed.
func printLines(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { Console.print(String(line)) }
}

func printReport(_ manifest: CorpusManifest, json: Bool) throws(Diagnostic) {
    let report = CorpusReport(manifest)
    if json { return Console.print(try report.json()) }
    printLines(report.table)
}

func printReport(_ manifest: TextCorpusManifest, json: Bool) throws(Diagnostic) {
    let report = TextCorpusReport(manifest)
    if json { return Console.print(try report.json()) }
    printLines(report.table)
}
