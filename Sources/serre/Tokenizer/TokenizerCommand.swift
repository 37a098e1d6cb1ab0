import ArgumentParser
import Corpora
import Diagnostics
import Foundation
import Tokenizers

struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Train byte-level BPE tokenizers; encode, decode and compare with any.",
        discussion: """
            Example:
              serre tokenizer train fixtures/corpus --vocab 2000 -o tokenizer.json

            A tokenizer is a tokenizer.json as Hugging Face's tokenizers writes it (of BLOOM's, GPT-2's or Llama 3's kind), \
            a folder that holds one, or the name bytes.
            """,
        subcommands: [
            TokenizerTrainCommand.self, TokenizerEncodeCommand.self, TokenizerDecodeCommand.self,
            TokenizerFertilityCommand.self,
        ])
}

/// The tokeniser that a command uses.
struct TokenizerArgument: ParsableArguments {
    @Option(name: [.short, .long], help: "A tokenizer.json, a folder that holds one, or bytes.", completion: .file())
    var tokenizer: String
}

/// The threads that a command uses.
struct WorkerArgument: ParsableArguments {
    @Option(help: "Threads; they change no result (default: one for each core).")
    var workers: Int?

    func count() throws(Diagnostic) -> Int {
        let count = workers ?? ProcessInfo.processInfo.activeProcessorCount
        guard (1...1024).contains(count) else {
            throw Diagnostic(
                "tokenizer.workers", "there cannot be so many workers", at: .init(key: "--workers"),
                expected: "1 to 1024", found: "\(count)")
        }
        return count
    }
}

/// The texts of built corpora, folders and files, a batch at a time.
struct TextBatches {
    let paths: [String]
    /// What part of built corpora is visited; `nil` for all.
    var split: Split?
    /// A batch ends with the text that reaches this many bytes.
    private static let batchBytes = 32 << 20

    /// Calls `body` with batches of texts, in order.
    func visit(_ body: ([TextSource.Text]) throws(Diagnostic) -> Void) throws(Diagnostic) {
        var batch: [TextSource.Text] = []
        var bytes = 0
        func add(_ text: TextSource.Text) throws(Diagnostic) {
            batch.append(text)
            bytes += text.bytes.count
            guard bytes >= Self.batchBytes else { return }
            try body(batch)
            batch.removeAll()
            bytes = 0
        }
        for path in paths {
            if CorpusTexts.isCorpus(path) {
                try CorpusTexts(path).forEachText(of: split) { (language, text) throws(Diagnostic) in
                    try add(.init(language: language, bytes: text))
                }
            } else {
                try TextSource(path).visit(add)
            }
        }
        if !batch.isEmpty { try body(batch) }
    }
}
