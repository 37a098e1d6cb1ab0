import ArgumentParser
import Corpora
import Diagnostics

struct CorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus",
        abstract: "Build a corpus from text, and show what it holds.",
        discussion: """
            Example:
              serre corpus build fixtures/corpus -o corpora/small
            """,
        subcommands: [Build.self, Show.self, LanguageModelCommand.self])

    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read folders of UTF-8 text and JSONL files; write shards and a manifest with digests.",
            discussion: """
                Example:
                  serre corpus build fixtures/corpus -o corpora/small

                A folder holds one folder per language, DIR/<lang>/**/*.txt, one document per file. A JSONL file holds \
                one object per line with text, lang and source. Exact duplicates are dropped.
                """)
        @Argument(help: "Folders or .jsonl files, in order.")
        var sources: [String]
        @Option(name: [.short, .long], help: "Folder to write; it appears whole or not at all.")
        var output: String
        @Option(name: .customLong("lang"), help: "Language of flat source folders (default: one folder per language).")
        var language: String?
        @Option(help: "Most bytes of text per language (default: no limit).")
        var maxBytesPerLanguage: Int?
        @Flag(help: "Replace the output folder if it is a corpus.")
        var replace = false
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let manifest = try CorpusBuilder.build(
                sources: sources.map { CorpusSource(path: $0, language: language) }, output: output,
                options: .init(maximumBytesPerLanguage: maxBytesPerLanguage, replace: replace))
            try printReport(manifest, json: json)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Documents, bytes and tokens per language, and what was dropped; checks every digest.",
            discussion: "Example:\n  serre corpus show corpora/small")
        @Argument(help: "Folder of a built corpus.")
        var folder: String
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws { try printReport(Corpus.open(folder).manifest, json: json) }
    }
}

private func printReport(_ manifest: CorpusManifest, json: Bool) throws(Diagnostic) {
    let report = CorpusReport(manifest)
    if json { return Console.print(try report.json()) }
    for line in report.table.split(separator: "\n") { Console.print(String(line)) }
}
