import ArgumentParser
import Diagnostics
import Foundation
import Integrity
import Tokenizers

struct TokenizerTrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn a byte-level BPE tokenizer with BLOOM's pre-tokenizer; write a tokenizer.json.",
        discussion: """
            Example:
              serre tokenizer train fixtures/corpus --vocab 2000 -o tokenizer.json

            Texts come from built corpora (their train split), folders of .txt and .jsonl files, or such files. The same \
            texts give the same file, whatever their order and the number of workers.
            """)
    @Argument(help: "Corpora, folders or files.", completion: .file())
    var sources: [String]
    @Option(name: .customLong("vocab"), help: "Tokens, special ones and the 256 bytes included.")
    var vocabularySize: Int
    @Option(name: [.short, .long], help: "The file to write.", completion: .file())
    var output: String
    @Option(help: "How often a pair must occur to become a token.")
    var minFrequency = 2
    @Option(
        name: .customLong("special"), parsing: .upToNextOption,
        help: "The special tokens, which get the first numbers (default: <unk> <s> </s> <pad>).")
    var special: [String] = []
    @OptionGroup var workers: WorkerArgument
    @Flag(help: "Replace the output file.")
    var replace = false
    @Flag(help: "Print JSON.")
    var json = false

    private struct Report: Encodable {
        var output, digest: String
        var vocabulary, merges, texts, bytes: Int
        var seconds: Double
    }

    func run() throws {
        if !replace, FileManager.default.fileExists(atPath: output) {
            throw Diagnostic(
                "tokenizer.exists", "there is a file already", at: .init(file: output),
                remedy: "give another name, or --replace")
        }
        let clock = ContinuousClock()
        let start = clock.now
        var options = TokenizerTrainer.Options(vocabularySize: vocabularySize)
        options.leastFrequency = minFrequency
        if !special.isEmpty { options.specialTokens = special }
        var trainer = try TokenizerTrainer(options, workers: workers.count())
        var (texts, bytes) = (0, 0)
        try TextBatches(paths: sources, split: .train).visit { (batch) throws(Diagnostic) in
            trainer.add(batch.map(\.bytes))
            texts += batch.count
            bytes += batch.reduce(0) { $0 + $1.bytes.count }
            Console.progress("counting words: \(bytesText(bytes))")
        }
        let tokenizer = trainer.finish(name: output) { progress in
            switch progress {
            case .counted(let words): Console.progress("\(grouped(words)) different words")
            case .learned(let tokens): Console.progress("\(grouped(tokens)) of \(grouped(vocabularySize)) tokens")
            }
        }
        Console.endProgress()
        try AtomicFile.write(tokenizer.json, to: output)
        if tokenizer.vocabularySize < vocabularySize {
            Console.warn(
                "no more pairs occur \(minFrequency) times: the vocabulary has \(grouped(tokenizer.vocabularySize)) tokens"
            )
        }
        let duration = (clock.now - start).components
        let report = Report(
            output: output, digest: tokenizer.digest.description, vocabulary: tokenizer.vocabularySize,
            merges: tokenizer.mergeCount, texts: texts, bytes: bytes,
            seconds: Double(duration.seconds) + Double(duration.attoseconds) * 1e-18)
        if json { return try Console.printJSON(report) }
        Console.print("\(output): \(grouped(report.vocabulary)) tokens, \(grouped(report.merges)) merges")
        Console.print("from \(grouped(texts)) texts, \(bytesText(bytes))")
        Console.print(report.digest)
    }
}
