import Diagnostics
import Integrity
import Tokenizers

/// What a model learns from: a corpus of bytes or token files, as the run loop and the evaluation see them.
public protocol TokenSource: Sendable {
    /// The folder or manifest that it was opened by.
    var place: String { get }
    /// The path of the manifest's file.
    var manifestPath: String { get }
    /// The digest of the whole: equal digests mean equal tokens and figures.
    var digest: Digest { get }
    /// The tokeniser that made the tokens.
    var tokenizer: Tokenizer { get }
    /// The token that follows each document.
    var documentEnd: Int { get }
    /// How many token numbers there are, document end included.
    var vocabulary: Int { get }
    /// The languages, in byte-wise order of their codes.
    var languages: [String] { get }
    /// The train tokens of all languages, document ends included.
    var trainTokenCount: Int { get }

    /// The order in which training reads the windows of `sequenceLength` tokens and one more.
    ///
    /// `weighting` is the recipe's, `nil` for the source's own. Throws `data.…` when there is not enough text for one window or
    /// the source knows no weights, `weights.…` for weights that do not fit the languages.
    func samples(
        sequenceLength: Int, seed: UInt64, weighting: LanguageWeighting?
    ) throws(Diagnostic) -> any SampleSequence

    /// The held-out tokens of a language, document ends included.
    func validationTokenCount(language: String) -> Int
    /// Copies the held-out tokens `[index·S, index·S + S + 1)` of a language into the first S + 1 elements of `buffer`.
    func validationWindow(
        language: String, index: Int, sequenceLength: Int, into buffer: UnsafeMutableBufferPointer<Int32>)
    /// The bytes of text that tokens stand for; document ends stand for none.
    func textBytes(of tokens: some Sequence<Int32>) -> Int
    /// Begins to check, beside whatever the caller does, the files that were too large to be checked when they were opened; `nil`
    /// where nothing is left to check.
    func beginVerification() -> TokenVerification?
    /// Checks the held-out files now, where opening has not.
    func verifyHeldOut() throws(Diagnostic)
    /// The entropy of the train tokens' frequencies: the loss of the best model that ignores context. Reads every train token;
    /// `nil` where those are too many for a report's sake.
    var unigramEntropy: Double? { get }
}

extension TokenSource {
    /// The text that a token stands for; empty for special tokens and numbers that are none.
    public func text(of token: Int32) -> [UInt8] {
        tokenizer.isSpecial(token) ? [] : tokenizer.bytes(of: token) ?? []
    }

    /// Whether tokens are bytes, and the document end.
    public var isOfBytes: Bool { tokenizer.name == Tokenizer.bytesName }

    /// The held-out windows of a language of S inputs each; 0 for a language without held-out documents.
    public func validationWindowCount(language: String, sequenceLength: Int) -> Int {
        max(0, validationTokenCount(language: language) - 1) / sequenceLength
    }
}

/// The samples of a run: a pure function of the sample's number.
public protocol SampleSequence: Sendable {
    /// Copies the S + 1 tokens of sample number `sample`, counted from 0.
    func copy(sample: Int, into tokens: UnsafeMutableBufferPointer<Int32>)
    /// How many of the first `samples` samples are from each language, and how many make an epoch of it.
    func visits(ofFirst samples: Int) -> [LanguageVisits]
}

/// How much of a language training reads.
public struct LanguageVisits: Sendable, Equatable {
    /// The language code; `nil` where all languages are one sequence.
    public var language: String?
    public var samples: Int
    /// Samples that visit every window once.
    public var windows: Int
}

/// Opens what training reads: a folder is a byte corpus, a file the manifest of token files.
///
/// Large files are not read: see ``TokenSource/beginVerification()``.
public func openTokenSource(_ place: String) throws(Diagnostic) -> any TokenSource {
    if place.hasSuffix(".json") { return try TokenCorpus.open(place) }
    return try Corpus.open(place, verify: nil)
}
