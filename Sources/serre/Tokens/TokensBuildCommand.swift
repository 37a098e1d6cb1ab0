import ArgumentParser
import Corpora
import Diagnostics
import Foundation

struct TokensBuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Tokenise a corpus into Megatron-LM's indexed files, a pair for each language and split.",
        discussion: """
            Examples:
              serre tokens build corpora/small --tokenizer bytes -o tokens/small
              serre tokens build corpora/web --tokenizer tokenizer.json -o tokens/web --exponent 0.3

            Writes PREFIX-LANGUAGE-SPLIT.bin and .idx, PREFIX-tokenizer.json, and PREFIX.json with the digests of all: name \
            that one with serre train --corpus. A document end follows every document. Training takes languages in \
            proportion to their tokens, or as --weights or --exponent say; a recipe's data.weights and \
            data.sampling_exponent go before both.
            """)

    @Argument(help: ArgumentHelp("Folder of a built corpus.", valueName: "dir"), completion: .file())
    var corpus: String
    @Option(help: "bytes, or a tokenizer.json.", completion: .file())
    var tokenizer: String
    @Option(
        name: [.short, .long], help: ArgumentHelp("Beginning of the files' names.", valueName: "prefix"),
        completion: .file())
    var output: String
    @Option(help: "Threads that tokenise; cannot change a bit (default: cores).")
    var workers: Int?
    @Option(
        help: ArgumentHelp(
            "The token that ends documents (default: the tokeniser's </s>, <|endoftext|>, <|end_of_text|>, <|end|> or <eos>).",
            valueName: "text"))
    var documentEnd: String?
    @Option(help: ArgumentHelp("Parts of the languages in training, such as fr=3,en=1.5.", valueName: "list"))
    var weights: String?
    @Option(help: "Parts in proportion to the tokens to this power, from 0 to 1 (default: 1).")
    var exponent: Double?
    @Flag(help: "Replace token files of the same prefix.")
    var replace = false
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if let workers, !(1...1024).contains(workers) { throw ValidationError("--workers must be from 1 to 1024.") }
        if weights != nil, exponent != nil { throw ValidationError("Give --weights or --exponent, not both.") }
    }

    func run() throws {
        var builder = TokenBuilder(corpus: corpus, tokenizer: tokenizer, prefix: output)
        builder.workers = workers ?? ProcessInfo.processInfo.activeProcessorCount
        builder.documentEnd = documentEnd
        builder.replace = replace
        builder.weighting = try weighting()
        let manifest: TokenManifest
        do throws(Diagnostic) {
            manifest = try builder.build { progress in
                let percent = 100 * Double(progress.done) / Double(max(progress.whole, 1))
                Console.progress("\(progress.language)  \(fixed(percent, 1)) % of \(bytesText(progress.whole))")
            }
        } catch {
            Console.endProgress()
            throw error
        }
        Console.endProgress()
        try printReport(manifest, json: json)
    }

    private func weighting() throws(Diagnostic) -> LanguageWeighting {
        guard let weights else { return .tokens(exponent: exponent ?? 1) }
        var given: [String: Double] = [:]
        for item in weights.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, let weight = Double(parts[1]), given[String(parts[0])] == nil else {
                throw Diagnostic(
                    "tokens.weights", "--weights is not a list of languages and numbers",
                    expected: "such as fr=3,en=1.5", found: String(item))
            }
            given[String(parts[0])] = weight
        }
        return .given(given)
    }
}
