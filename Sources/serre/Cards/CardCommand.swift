import ArgumentParser
import Cards
import Corpora
import Diagnostics
import Foundation
import Integrity

struct CardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "card",
        abstract: "Cards of models, data and runs, written from records: no figure is typed by hand.",
        discussion: """
            Example:
              serre card model latest --answers answers.yaml -o README.md
            """,
        subcommands: [ModelCardCommand.self, DataCardCommand.self, RunCardCommand.self])
}

/// Where a card goes.
struct CardOutput: ParsableArguments {
    @Option(name: .shortAndLong, help: "The file to write (default: standard output).", completion: .file())
    var output: String?

    func write(_ card: String) throws(Diagnostic) {
        guard let output else { return printLines(card) }
        try AtomicFile.write(card, to: output)
        Console.note("Wrote \(output).")
    }
}

struct ModelCardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "A Hugging Face model card of what a run has trained, with emissions in grams.",
        discussion: """
            Examples:
              serre card model latest
              serre card model latest --answers answers.yaml --ask -o README.md

            What only a person can say (licence, intended and out-of-scope use, known limits, social impact, contact) is read \
            from --answers, a YAML file; --ask asks for what is missing and keeps the answers there. What nobody has said \
            stands in the card as missing.
            """)
    @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
    var id = "latest"
    @OptionGroup var place: LedgerPlace
    @Option(help: "YAML file with what only a person can say (default: none).", completion: .file())
    var answers: String?
    @Flag(help: "Ask for what is missing; needs --answers.")
    var ask = false
    @OptionGroup var output: CardOutput

    func validate() throws {
        if ask, answers == nil { throw ValidationError("--ask needs --answers, the file that keeps what you say.") }
    }

    func run() throws {
        let ledger = try place.open()
        let facts = try CardFacts(ledger.find(id), from: ledger)
        let given = try known()
        let missing = given.missing
        if !missing.isEmpty {
            Console.warn(
                "the card lacks what only a person can say: \(missing.map(\.rawValue).joined(separator: ", ")); "
                    + (answers.map { "add it to \($0)" } ?? "give it with --answers FILE"))
        }
        try output.write(ModelCard(facts, answers: given).markdown)
    }

    /// What is in the file, and what the user has just said.
    private func known() throws(Diagnostic) -> CardAnswers {
        guard let answers else { return CardAnswers() }
        let isThere = FileManager.default.fileExists(atPath: answers)
        var given = try isThere || !ask ? CardAnswers.load(answers) : CardAnswers()
        guard ask else { return given }
        for question in CardAnswers.Question.allCases where given[question] == nil {
            Console.note(question.text + (question.isNeeded ? "" : " (may stay open)"))
            guard let line = readLine() else { break }
            given[question] = line
            // Kept at once: whoever stops in the middle goes on there.
            try AtomicFile.write(given.yaml, to: answers)
        }
        return given
    }
}

struct RunCardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "A card of a run: what ran, what happened, what came of it, and how to check it.",
        discussion: """
            Example:
              serre card run latest -o RUN.md
            """)
    @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
    var id = "latest"
    @OptionGroup var place: LedgerPlace
    @OptionGroup var output: CardOutput

    func run() throws {
        let ledger = try place.open()
        try output.write(RunCard(CardFacts(ledger.find(id), from: ledger)).markdown)
    }
}

struct DataCardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "The data card of a built corpus, from its manifest.",
        discussion: """
            Example:
              serre card data corpora/small -o DATA.md
            """)
    @Argument(help: "Folder of a corpus that was built from a specification.", completion: .directory)
    var folder: String
    @OptionGroup var output: CardOutput

    func run() throws {
        guard TextCorpusManifest.isTextCorpus(folder) else {
            throw Diagnostic(
                "card.no-text-corpus", "only a corpus that was built from a specification says enough for a card",
                at: .init(file: folder), remedy: "serre corpus build SPEC.yaml -o FOLDER")
        }
        try output.write(TextCorpus.open(folder).manifest.dataCard())
    }
}
