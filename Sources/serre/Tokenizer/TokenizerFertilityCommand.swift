import ArgumentParser
import Diagnostics
import Integrity
import Pictures
import Tables
import Tokenizers

struct TokenizerFertilityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fertility",
        abstract: "How many tokens each language's words and bytes take, with one tokenizer or two.",
        discussion: """
            Examples:
              serre tokenizer fertility --tokenizer bytes fixtures/corpus
              serre tokenizer fertility --tokenizer bytes fixtures/corpus --svg fertility.svg

            Words are runs without white space, so tokens per word says little of languages written without spaces; bytes \
            per token compares them all. Special tokens are not looked for.
            """)
    @OptionGroup var tokenizer: TokenizerArgument
    @Option(help: "Another tokenizer: its tokens, and how many times as many they are.", completion: .file())
    var compare: String?
    @Argument(help: "Corpora, folders <language>/**/*.txt, or .jsonl files with lang.", completion: .file())
    var sources: [String]
    @Option(
        help: "Write a picture of bytes per token and tokens per word, as SVG (default: no file).", completion: .file())
    var svg: String?
    @OptionGroup var workers: WorkerArgument
    @Flag(help: "Print JSON: an object for each language, and last one for all.")
    var json = false

    private struct Row: Encodable {
        var language: String
        var documents, bytes, words, tokens: Int
        var tokensPerWord, bytesPerToken: Double
        var comparedTokens: Int?
        /// The other tokenizer's tokens for each of this one's.
        var comparedRatio: Double?

        enum CodingKeys: String, CodingKey {
            case language, documents, bytes, words, tokens
            case tokensPerWord = "tokens_per_word"
            case bytesPerToken = "bytes_per_token"
            case comparedTokens = "compared_tokens"
            case comparedRatio = "compared_ratio"
        }
    }

    func run() throws {
        let tokenizers = try [tokenizer.tokenizer, compare].compactMap { $0 }.map { try Tokenizer.load($0) }
        let workers = try workers.count()
        var languages: [String: [Fertility]] = [:]
        try TextBatches(paths: sources).visit { (batch) throws(Diagnostic) in
            for (index, tokenizer) in tokenizers.enumerated() {
                let encoded = tokenizer.encode(batch.map(\.bytes), workers: workers, special: .asText)
                for (text, ids) in zip(batch, encoded) {
                    languages[text.language, default: tokenizers.map { _ in Fertility() }][index]
                        .add(text.bytes, tokens: ids.count)
                }
            }
        }
        var rows: [Row] = []
        var totals = tokenizers.map { _ in Fertility() }
        for language in languages.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let figures = languages[language] ?? totals
            for index in totals.indices { totals[index].add(figures[index]) }
            rows.append(Self.row(language, figures))
        }
        rows.append(Self.row("all", totals))
        if let svg { try AtomicFile.write(try picture(rows), to: svg) }
        if json { return try rows.forEach { try Console.printJSON($0) } }
        for line in Self.table(rows).lines { Console.print(line) }
    }

    private static func row(_ language: String, _ figures: [Fertility]) -> Row {
        let (own, other) = (figures[0], figures.count > 1 ? figures[1] : nil)
        return Row(
            language: language, documents: own.documents, bytes: own.bytes, words: own.words, tokens: own.tokens,
            tokensPerWord: own.tokensPerWord, bytesPerToken: own.bytesPerToken, comparedTokens: other?.tokens,
            comparedRatio: other.map { Double($0.tokens) / Double(max(1, own.tokens)) })
    }

    /// The rows, of which the last is all languages together, as a picture.
    private func picture(_ rows: [Row]) throws(Diagnostic) -> String {
        let drawn = rows.map {
            FertilityPicture.Language(
                name: $0.language, bytes: $0.bytes, words: $0.words, tokens: $0.tokens,
                comparedTokens: $0.comparedTokens)
        }
        let names = [tokenizer.tokenizer, compare].compactMap { $0 }
        let title = "What \(names[0]) makes of \(drawn.count - 1) language\(drawn.count == 2 ? "" : "s")"
        return try FertilityPicture(Array(drawn.dropLast()), all: drawn[drawn.count - 1], title: title, names: names)
            .svg
    }

    private static func table(_ rows: [Row]) -> TextTable {
        var table = TextTable(
            header: ["language", "documents", "bytes", "words", "tokens", "tokens/word", "bytes/token"],
            numeric: [1, 2, 3, 4, 5, 6, 7, 8])
        if rows.contains(where: { $0.comparedTokens != nil }) { table.header += ["compared", "ratio"] }
        for row in rows {
            var cells = [
                row.language, grouped(row.documents), grouped(row.bytes), grouped(row.words), grouped(row.tokens),
                fixed(row.tokensPerWord, 2), fixed(row.bytesPerToken, 2),
            ]
            if let tokens = row.comparedTokens, let ratio = row.comparedRatio {
                cells += [grouped(tokens), fixed(ratio, 3)]
            }
            table.rows.append(cells)
        }
        return table
    }
}
