import ArgumentParser
import Corpora
import Diagnostics
import Integrity

struct CorpusShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Documents and bytes per language, and what each stage dropped; checks every digest.",
        discussion: """
            Examples:
              serre corpus show corpora/small
              serre corpus show corpora/small-texts --explain sha256:0123456789ab
              serre corpus show corpora/small-texts --svg funnel.svg

            --explain takes source:place or the first digits of a digest, and says what every stage found.
            """)
    @Argument(help: "Folder of a built corpus.", completion: .directory)
    var folder: String
    @Option(help: "Tell the story of one document: source:place, or the first digits of its digest.")
    var explain: String?
    @Option(
        help: "Write a picture of how many documents each stage left, as SVG (default: no file).", completion: .file())
    var svg: String?
    @Option(help: "The picture's language (default: all together).")
    var language: String?
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if language != nil, svg == nil { throw ValidationError("--language is for --svg.") }
        if explain != nil, svg != nil { throw ValidationError("--explain and --svg exclude each other.") }
    }

    func run() throws {
        guard TextCorpusManifest.isTextCorpus(folder) else {
            let manifest = try Corpus.open(folder).manifest
            if explain != nil || svg != nil {
                throw Diagnostic(
                    "corpus.no-decisions", "a corpus of bytes keeps no decisions", at: .init(file: folder),
                    remedy: "build one from a specification: serre corpus build SPEC.yaml -o FOLDER")
            }
            return try printReport(manifest, json: json)
        }
        let corpus = try TextCorpus.open(folder)
        if let svg { try AtomicFile.write(try TextCorpusReport(corpus.manifest).funnel(language: language), to: svg) }
        guard let explain else { return try printReport(corpus.manifest, json: json) }
        try self.explain(explain, in: corpus)
    }

    private static let copiesMax = 10

    private func explain(_ query: String, in corpus: TextCorpus) throws(Diagnostic) {
        let documents: [DocumentRow]
        do throws(Diagnostic) {
            documents = try corpus.documents(named: query)
        } catch {
            guard error.code == "corpus.no-such-document" else { throw error }
            // What gave no document has a reason too.
            let skipped = try corpus.skipped(named: query)
            if skipped.isEmpty { throw error }
            for input in skipped {
                for line in json ? [input.json()] : input.lines { Console.print(line) }
            }
            return
        }
        for document in documents {
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
