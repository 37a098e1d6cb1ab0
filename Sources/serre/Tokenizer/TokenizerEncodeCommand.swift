import ArgumentParser
import Diagnostics
import Foundation
import Tokenizers

struct TokenizerEncodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Turn texts into token numbers: a line of them for each text.",
        discussion: """
            Example:
              echo "Bonjour, la serre" | serre tokenizer encode --tokenizer bytes

            A .jsonl file holds a text on each line, any other input is one text, unless --lines says that each line is.
            """)
    @OptionGroup var tokenizer: TokenizerArgument
    @Argument(help: "The file to read; - is standard input.", completion: .file())
    var file = "-"
    @Flag(help: "Each line is a text.")
    var lines = false
    @Flag(help: "Put the tokens of the file's template around each text (default: the text's alone).")
    var template = false
    @Flag(help: "Take the names of special tokens in a text as text (default: as the tokens).")
    var specialAsText = false
    @OptionGroup var workers: WorkerArgument
    @Flag(help: "Print only how many texts, bytes and tokens there are, and the time that encoding took.")
    var count = false
    @Option(help: "Encode so many times, for measuring.")
    var repeats = 1
    @Flag(help: "Print JSON: an object with ids for each text.")
    var json = false

    private struct Line: Encodable { var ids: [TokenID] }

    private struct Totals: Encodable {
        var texts, bytes, tokens: Int
        /// Of each time that the texts were encoded.
        var seconds: [Double]
        var tokensPerSecond: Double

        enum CodingKeys: String, CodingKey {
            case texts, bytes, tokens, seconds
            case tokensPerSecond = "tokens_per_second"
        }
    }

    func run() throws {
        let tokenizer = try Tokenizer.load(tokenizer.tokenizer)
        let texts = try readTexts()
        let workers = try workers.count()
        var encoded: [[TokenID]] = []
        var seconds: [Double] = []
        for _ in 0..<max(1, repeats) {
            let clock = ContinuousClock()
            let start = clock.now
            encoded = tokenizer.encode(texts, workers: workers, special: specialAsText ? .asText : .recognised)
            let duration = (clock.now - start).components
            seconds.append(Double(duration.seconds) + Double(duration.attoseconds) * 1e-18)
        }
        if template { encoded = encoded.map { tokenizer.template.before + $0 + tokenizer.template.after } }
        if count { return try printTotals(texts, encoded, seconds) }
        for ids in encoded {
            if json {
                try Console.printJSON(Line(ids: ids))
            } else {
                Console.print(ids.map(String.init).joined(separator: " "))
            }
        }
    }

    private func printTotals(_ texts: [[UInt8]], _ encoded: [[TokenID]], _ seconds: [Double]) throws {
        let median = seconds.sorted()[seconds.count / 2]
        let tokens = encoded.reduce(0) { $0 + $1.count }
        let totals = Totals(
            texts: texts.count, bytes: texts.reduce(0) { $0 + $1.count }, tokens: tokens, seconds: seconds,
            tokensPerSecond: Double(tokens) / max(median, 1e-9))
        if json { return try Console.printJSON(totals) }
        Console.print(
            "\(grouped(totals.texts)) texts, \(grouped(totals.bytes)) bytes, \(grouped(tokens)) tokens, "
                + "\(fixed(Double(totals.bytes) / max(median, 1e-9) / 1e6, 1)) MB/s")
    }

    private func readTexts() throws(Diagnostic) -> [[UInt8]] {
        if file != "-", file.hasSuffix(".jsonl"), !lines {
            var texts: [[UInt8]] = []
            try TextSource(file).visit { (text) throws(Diagnostic) in texts.append(text.bytes) }
            return texts
        }
        let text = try InputText.read(file)
        guard lines else { return [text] }
        var parts = text.split(separator: 10, omittingEmptySubsequences: false).map { Array($0) }
        if parts.last == [] { parts.removeLast() }
        return parts
    }
}

/// The bytes of a file or of standard input.
enum InputText {
    static func read(_ file: String) throws(Diagnostic) -> [UInt8] {
        // Not by `Data(contentsOf:)`, which refuses pipes and devices.
        let handle = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
        guard let handle, let found = try? handle.readToEnd() ?? Data() else {
            throw Diagnostic("tokenizer.input", "cannot read the file", at: .init(file: file))
        }
        return [UInt8](found)
    }
}
