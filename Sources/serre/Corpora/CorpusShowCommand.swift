import ArgumentParser
import Corpora
import Diagnostics

struct CorpusShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Documents and bytes per language, and what each stage dropped; checks every digest.",
        discussion: """
            Examples:
              serre corpus show corpora/small
              serre corpus show corpora/small-texts --explain sha256:0123456789ab

            --explain takes source:place or the first digits of a digest, and says what every stage found.
            """)
    @Argument(help: "Folder of a built corpus.")
    var folder: String
    @Option(help: "Tell the story of one document: source:place, or the first digits of its digest.")
    var explain: String?
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        guard TextCorpusManifest.isTextCorpus(folder) else {
            let manifest = try Corpus.open(folder).manifest
            if explain != nil {
                throw Diagnostic(
                    "corpus.no-decisions", "a corpus of bytes keeps no decisions", at: .init(file: folder),
                    remedy: "build one from a specification: serre corpus build SPEC.yaml -o FOLDER")
            }
            return try printReport(manifest, json: json)
        }
        let corpus = try TextCorpus.open(folder)
        guard let explain else { return try printReport(corpus.manifest, json: json) }
        try self.explain(explain, in: corpus)
    }

    private static let copiesMax = 10

    private func explain(_ query: String, in corpus: TextCorpus) throws(Diagnostic) {
        for document in try corpus.documents(named: query) {
            if json {
                Console.print(document.json())
                continue
            }
            for line in document.lines { Console.print(line) }
            let copies = try corpus.duplicates(of: document, limit: Self.copiesMax + 1)
            for copy in copies.prefix(Self.copiesMax) {
                Console.print("  duplicated by \(copy.name) (\(copy.stage ?? ""))")
            }
            if copies.count > Self.copiesMax { Console.print("  and by more") }
        }
    }
}
