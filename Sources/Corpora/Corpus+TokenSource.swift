import Diagnostics
import Tokenizers

extension Corpus: TokenSource {
    public var place: String { folder }
    public var manifestPath: String { folder + "/" + CorpusManifest.fileName }
    public var tokenizer: Tokenizer { .bytes }
    public var documentEnd: Int { Corpus.documentEnd }

    public func samples(
        sequenceLength: Int, seed: UInt64, weighting: LanguageWeighting?
    ) throws(Diagnostic) -> any SampleSequence {
        guard weighting == nil else {
            throw Diagnostic(
                "data.weights", "a corpus of bytes is read as it is, without language weights", at: .init(file: folder),
                remedy: "make token files with serre tokens build, or leave the weights out of the recipe")
        }
        let windows = trainWindowCount(sequenceLength: sequenceLength)
        guard windows > 0 else {
            throw Diagnostic(
                "data.too-small", "the corpus is too small for one sample", at: .init(file: folder),
                expected: "at least \(sequenceLength + 1) training tokens", found: "\(trainTokenCount)")
        }
        return CorpusSamples(
            corpus: self, order: SampleOrder(windows: windows, seed: seed), sequenceLength: sequenceLength)
    }

    public func textBytes(of tokens: some Sequence<Int32>) -> Int { tokens.reduce(0) { $0 + ($1 < 256 ? 1 : 0) } }

    public func beginVerification() -> TokenVerification? {
        isVerified ? nil : TokenVerification(files(of: [.validation, .train]), place: folder)
    }

    public func verifyHeldOut() throws(Diagnostic) {
        if !isVerified { for file in files(of: [.validation]) { try file.check { _ in } } }
    }

    /// The shards of splits, with how to check them; document tables are checked when they are read.
    private func files(of splits: [Split]) -> [TokenVerification.File] {
        splits.flatMap { split in
            manifest.shards.filter { $0.split == split }.map { shard in
                let folder = folder
                return .init(bytes: 2 * shard.tokens) { (progress) throws(Diagnostic) in
                    try Self.check(shard.file, in: folder, sha256: shard.sha256, progress: progress)
                }
            }
        }
    }

    public var unigramEntropy: Double? { unigramEntropyNatsPerToken }
}

/// The windows of all languages as one sequence, in a ``SampleOrder``.
private struct CorpusSamples: SampleSequence {
    let corpus: Corpus
    let order: SampleOrder
    let sequenceLength: Int

    func copy(sample: Int, into tokens: UnsafeMutableBufferPointer<Int32>) {
        corpus.trainWindow(order.window(ofSample: sample), sequenceLength: sequenceLength, into: tokens)
    }

    func visits(ofFirst samples: Int) -> [LanguageVisits] {
        [LanguageVisits(language: nil, samples: samples, windows: order.windows)]
    }
}
