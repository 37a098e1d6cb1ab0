import ArgumentParser
import Corpora
import Diagnostics
import Foundation
import TypedYAML

struct CorpusBuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build a corpus from a specification, or from folders of text to train on directly.",
        discussion: """
            Examples:
              serre corpus build fixtures/corpora/small.yaml -o corpora/small-texts
              serre corpus build fixtures/corpus -o corpora/small

            A specification (.yaml) names sources, stages, deduplication, redaction and split; --example prints one with \
            comments. The texts are read, cleaned and deduplicated in units: a build that was stopped goes on when the \
            same command is given again. The bytes do not depend on --workers.

            Folders and .jsonl files become a corpus of bytes instead: DIR/<lang>/**/*.txt, one document per file, or one \
            JSON object per line with text, lang and source; exact duplicates are dropped.
            """)
    @Argument(help: "A specification (.yaml); or folders and .jsonl files, in order.", completion: .file())
    var sources: [String] = []
    @Option(name: [.short, .long], help: "Folder to write; it appears whole or not at all.", completion: .file())
    var output: String?
    @Option(name: .customLong("lang"), help: "Language of flat source folders (default: one folder per language).")
    var language: String?
    @Option(help: "Most bytes of text per language, for folders (default: no limit).")
    var maxBytesPerLanguage: Int?
    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: "Override a key of the specification, such as split.validation=0.1; may be repeated.")
    var overrides: [String] = []
    @Option(help: "Threads (default: the machine's cores).")
    var workers: Int?
    @Flag(help: "Replace the output folder if it is a corpus.")
    var replace = false
    @Flag(help: "Print an example of a specification and do nothing else.")
    var example = false
    @Flag(help: "Print JSON.")
    var json = false

    private var specification: String? {
        sources.first { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    }

    func validate() throws {
        if example { return }
        if sources.isEmpty { throw ValidationError("Missing expected argument '<sources> ...'") }
        if output == nil { throw ValidationError("Missing expected argument '--output <output>'") }
        if let workers, !(1...1024).contains(workers) { throw ValidationError("--workers must be from 1 to 1024.") }
        if specification != nil {
            if sources.count > 1 { throw ValidationError("A specification stands alone: it names its sources itself.") }
            if language != nil || maxBytesPerLanguage != nil {
                throw ValidationError("--lang and --max-bytes-per-language are for folders; a specification says both.")
            }
        } else if !overrides.isEmpty || workers != nil {
            throw ValidationError("--set and --workers are for a specification (.yaml).")
        }
    }

    func run() throws {
        if example { return try printExample() }
        guard let output else { return }
        guard let specification else {
            let manifest = try CorpusBuilder.build(
                sources: sources.map { CorpusSource(path: $0, language: language) }, output: output,
                options: .init(maximumBytesPerLanguage: maxBytesPerLanguage, replace: replace))
            return try printReport(manifest, json: json)
        }
        let folder = URL(fileURLWithPath: specification).deletingLastPathComponent().relativePath
        let manifest = try CorpusBuildLine.run(
            try CorpusSpecification.load(specification, overrides: overrides), output: output,
            root: folder == "." ? "" : folder, workers: workers, replace: replace)
        try printReport(manifest, json: json)
    }

    private func printExample() throws(Diagnostic) {
        let path = try SharedFiles().resolve("small", in: .corpora, subject: "specification")
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Diagnostic("specification.unreadable", "the file cannot be read", at: .init(file: path))
        }
        printLines(text)
    }
}
