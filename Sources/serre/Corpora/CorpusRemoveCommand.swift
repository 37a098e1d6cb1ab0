import ArgumentParser
import Corpora
import Diagnostics

struct CorpusRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Build a corpus again without a source or a document, and record that.",
        discussion: """
            Example:
              serre corpus remove corpora/small-texts --source more-stories --reason "asked by the author" --root fixtures/corpora

            The sources are read again and must be as they were: a document that is gone, changed or new is an error. --root is the folder that the specification stood in. A document goes with all \
            documents of the same text. The manifest lists what was removed; tokens made before have another digest.
            """)
    @Argument(help: "Folder of a corpus built from a specification.", completion: .directory)
    var folder: String
    @Option(parsing: .singleValue, help: "Name of a source; may be repeated (default: none).")
    var source: [String] = []
    @Option(
        parsing: .singleValue,
        help: "A document: source:place, or the first digits of its digest; may be repeated (default: none).")
    var document: [String] = []
    @Option(help: "Why, for the manifest (default: no reason).")
    var reason: String?
    @Flag(help: "Also leave out what was dropped as nearly the same as a removed document.")
    var nearCopies = false
    @Option(name: [.short, .long], help: "Folder to write (default: replace the corpus itself).", completion: .file())
    var output: String?
    @Option(
        help: "Folder that the specification's relative paths begin at (default: the current folder).",
        completion: .directory)
    var root: String?
    @Option(help: "Threads (default: the machine's cores).")
    var workers: Int?
    @Flag(help: "Replace the output folder if it is a corpus.")
    var replace = false
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if source.isEmpty && document.isEmpty { throw ValidationError("Name a --source or a --document.") }
        if let workers, !(1...1024).contains(workers) { throw ValidationError("--workers must be from 1 to 1024.") }
    }

    func run() throws {
        let corpus = try TextCorpus.open(folder, verify: false)
        let removal = CorpusRemoval(
            sources: source, documents: document, reason: reason, includesNearCopies: nearCopies)
        let outcome = try removal.outcome(in: corpus)
        for row in outcome.documents { Console.note("leaving out \(row.name)") }
        for row in outcome.nearCopies {
            Console.note("\(row.name), nearly the same, may come back: --near-copies leaves it out too")
        }
        let manifest = try build(outcome, of: corpus)
        Console.note("tokens made from \(corpus.digest) are not of this corpus: make them again")
        try printReport(manifest, json: json)
    }

    private func build(
        _ outcome: CorpusRemoval.Outcome, of corpus: TextCorpus
    ) throws(Diagnostic) -> TextCorpusManifest {
        do throws(Diagnostic) {
            return try CorpusBuildLine.run(
                outcome.specification, output: output ?? folder, root: root ?? "", workers: workers,
                replace: replace || output == nil, passingOver: [folder]
            ) { (new) throws(Diagnostic) in try outcome.check(new, against: corpus) }
        } catch {
            guard error.code == "ingestion.source-missing", root == nil else { throw error }
            var explained = error
            explained.remedy = "name the folder that the specification stood in: --root FOLDER"
            throw explained
        }
    }
}
