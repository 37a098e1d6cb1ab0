import CTokenizer
import Diagnostics
import Dispatch
import Integrity

/// Learns a byte-level BPE tokeniser with BLOOM's words from texts.
///
/// ```swift
/// var trainer = try TokenizerTrainer(.init(vocabularySize: 32_768), workers: 2)
/// trainer.add(texts)
/// let tokenizer = trainer.finish(name: "tokenizer.json")
/// ```
///
/// The same texts give the same tokeniser, whatever their order and the number of workers: words are counted, and of
/// equally frequent pairs the one with the lower left token is merged first, then the one with the lower right token
/// (as `tokenizers` does). Memory holds each different word once.
public struct TokenizerTrainer: ~Copyable {
    /// What to learn.
    public struct Options: Sendable, Equatable {
        /// How many tokens, special ones and the 256 bytes included; fewer if no pair is frequent enough.
        public var vocabularySize: Int
        /// The first tokens; no text becomes one of them by merging.
        public var specialTokens = ["<unk>", "<s>", "</s>", "<pad>"]
        /// How often a pair must occur to be merged.
        public var leastFrequency = 2

        public init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
    }

    /// What a training does at a moment.
    public enum Progress: Sendable, Equatable {
        /// So many different words were counted.
        case counted(words: Int)
        /// There are so many tokens.
        case learned(tokens: Int)
    }

    private let options: Options
    private let counters: WordCounters

    /// Checks the options. Throws `tokenizer.vocabulary` or `tokenizer.special-token`.
    public init(_ options: Options, workers: Int) throws(Diagnostic) {
        let least = 256 + options.specialTokens.count
        guard (least...(1 << 24)).contains(options.vocabularySize) else {
            throw Diagnostic(
                "tokenizer.vocabulary", "the vocabulary has an impossible size",
                expected: "\(least) (the bytes and the special tokens) to \(1 << 24)",
                found: "\(options.vocabularySize)")
        }
        var seen: Set<[UInt8]> = []
        for token in options.specialTokens where token.utf8.count < 2 || !seen.insert(Array(token.utf8)).inserted {
            throw Diagnostic(
                "tokenizer.special-token", "a special token cannot be told from others",
                expected: "texts of two bytes or more, each once", found: "“\(token)”")
        }
        self.options = options
        counters = WordCounters(workers: max(1, workers))
    }

    /// Counts the words of texts; the workers share them.
    public mutating func add(_ texts: [[UInt8]]) { counters.add(texts) }

    /// Learns the merges and returns the tokeniser; `progress` is called now and then.
    public consuming func finish(name: String, progress: (Progress) -> Void = { _ in }) -> Tokenizer {
        let counts = counters.merged()
        progress(.counted(words: serre_word_counts_size(counts)))
        let special = TokenTable(options.specialTokens.map { Array($0.utf8) })
        let ends = special.starts.dropFirst().map { Int($0) }
        let learner: OpaquePointer = serre_learner_create(
            counts, special.blob, ends, Int32(special.count), ByteAlphabet.bytesByCharacter)
        defer { serre_learner_destroy(learner) }
        let size = Int32(options.vocabularySize)
        while serre_learner_run(learner, size, Int64(max(1, options.leastFrequency)), 256) {
            progress(.learned(tokens: Int(serre_learner_token_count(learner))))
        }
        progress(.learned(tokens: Int(serre_learner_token_count(learner))))
        let model = Self.model(learner, specialTokens: options.specialTokens)
        return Tokenizer(model, name: name, digest: SHA256.digest(of: model.json()))
    }

    private static func model(_ learner: OpaquePointer, specialTokens: [String]) -> TokenizerModel {
        var model = TokenizerModel()
        for token in 0..<serre_learner_token_count(learner) {
            var count = 0
            let bytes = serre_learner_token(learner, token, &count)
            model.tokens.append(UnsafeBufferPointer(start: bytes, count: count))
        }
        // A special token is in the vocabulary under its own text; that text stands for bytes only if it is ASCII.
        for (id, token) in specialTokens.enumerated() {
            if ByteAlphabet.bytes(of: token) != Array(token.utf8) { model.opaque.insert(TokenID(id)) }
            model.addedTokens.append(AddedToken(id: TokenID(id), content: token, isSpecial: true))
        }
        model.byteTokens = [TokenID](repeating: 0, count: 256)
        for (index, byte) in ByteAlphabet.bytesByCharacter.enumerated() {
            model.byteTokens[Int(byte)] = TokenID(specialTokens.count + index)
        }
        var count = 0
        let merges = UnsafeBufferPointer(start: serre_learner_merges(learner, &count), count: count)
        model.merges = merges.map { .init(left: $0.left, right: $0.right, merged: $0.merged) }
        model.splits = [.bloom]
        return model
    }
}

/// One counter of words for each worker.
private final class WordCounters {
    private let splitter: OpaquePointer
    private let counters: [OpaquePointer]

    init(workers: Int) {
        splitter = serre_splitter_create([SERRE_SPLIT_BLOOM], 1)
        counters = (0..<workers).map { _ in serre_word_counts_create() }
    }

    deinit {
        serre_splitter_destroy(splitter)
        for counter in counters { serre_word_counts_destroy(counter) }
    }

    func add(_ texts: [[UInt8]]) {
        let parts = Tokenizer.parts(of: texts.map(\.count), count: counters.count)
        // Each worker has a counter of its own; nothing writes to the splitter.
        nonisolated(unsafe) let (splitter, counters) = (splitter, counters)
        DispatchQueue.concurrentPerform(iterations: parts.count) { worker in
            for index in parts[worker] {
                serre_word_counts_add(counters[worker], splitter, texts[index], texts[index].count)
            }
        }
    }

    /// The counts of all workers, in the first one's.
    func merged() -> OpaquePointer {
        for counter in counters.dropFirst() { serre_word_counts_merge(counters[0], counter) }
        return counters[0]
    }
}
