import ArgumentParser
import Cleaning
import Corpora
import Diagnostics
import Foundation
import Ingestion
import Tokenizers

/// Makes and measures the models that the stage `perplexity` of a specification names.
struct PerplexityModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perplexity-model",
        abstract: "Train and measure the models that tell usual text from unusual, one for each language.",
        discussion: """
            Example:
              serre corpus perplexity-model train fixtures/corpus -o models

            A specification names a model below its language: perplexity: {languages: {fr: {model: models/fr.bin, \
            maximum: 3.5}}}. Texts that cost more bits per byte than the maximum are dropped.
            """,
        subcommands: [PerplexityModelTrainCommand.self, PerplexityModelTestCommand.self])
}

/// The texts that models are made from or measured on, by language.
struct LanguageTextArguments: ParsableArguments {
    @Argument(help: "Built corpora, folders <language>/**/*.txt, or .txt and .jsonl files.", completion: .file())
    var sources: [String]
    @Option(name: .customLong("lang"), help: "Language of texts whose source states none (default: an error).")
    var language: String?

    /// Visits the texts, each with its language; of built corpora those of one split.
    ///
    /// Code is passed over: perplexity is a stage for prose.
    func visit(
        _ split: Split, _ body: (_ language: String, _ text: [UInt8]) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        if let language { try check(language, at: .init(key: "--lang")) }
        for source in sources {
            try TextBatches(paths: [source], split: split).visit { (batch) throws(Diagnostic) in
                for text in batch {
                    let code = text.language == TextSource.undetermined ? language : text.language
                    guard let code else {
                        throw Diagnostic(
                            "perplexity-model.language", "a text's language is not stated", at: .init(file: source),
                            expected: "<language>/**/*.txt, or lang on each line of a .jsonl file",
                            remedy: "say the language with --lang")
                    }
                    if ProgrammingLanguage.all.contains(code) { continue }
                    try check(code, at: .init(file: source))
                    try body(code, text.bytes)
                }
            }
        }
    }

    private func check(_ code: String, at location: Diagnostic.Location) throws(Diagnostic) {
        // It becomes the name of a file.
        guard LanguageCode.isValid(code), code.utf8.count <= ByteModel.languageBytesMax else {
            throw Diagnostic(
                "perplexity-model.language", "this is not a language code", at: location,
                expected: "a code such as fr, pt-BR or zh", found: code)
        }
    }
}

/// Values by language, in byte-wise order of the codes.
struct ByLanguage<Value> {
    private(set) var entries: [(language: String, value: Value)] = []

    /// Changes a language's value, which is `initial` at first.
    mutating func update(_ language: String, or initial: @autoclosure () -> Value, _ body: (inout Value) -> Void) {
        let place = entries.firstIndex { !$0.language.utf8.lexicographicallyPrecedes(language.utf8) } ?? entries.count
        if place == entries.count || entries[place].language != language {
            entries.insert((language, initial()), at: place)
        }
        body(&entries[place].value)
    }
}
