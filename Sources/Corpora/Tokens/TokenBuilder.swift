import Diagnostics
import Foundation
import Integrity
import Interchange
import Synchronization
import Tokenizers

/// Makes token files from a built corpus: `PREFIX-<language>-<split>.bin` and `.idx`, the tokeniser's file, and `PREFIX.json`.
///
/// ```swift
/// let manifest = try TokenBuilder(corpus: "corpora/small", tokenizer: "bytes", prefix: "tokens/small").build()
/// ```
///
/// A document's tokens are those of its text, in which the text of a special token is text like any other, and the document end
/// after them. The files are the same bytes whatever the number of workers. Memory holds a few pieces of text per worker.
public struct TokenBuilder {
    /// The corpus folder.
    public var corpus: String
    /// `bytes`, or the path of a `tokenizer.json`.
    public var tokenizer: String
    /// The path of the files without what tells them apart.
    public var prefix: String
    /// The text of the token that ends documents; `nil` for the tokeniser's own.
    public var documentEnd: String?
    /// What the manifest says of the languages' parts in training.
    public var weighting = LanguageWeighting.tokens(exponent: 1)
    /// Threads that tokenise; cannot change a bit.
    public var workers = 1
    /// Replace token files of the same prefix.
    public var replace = false

    public init(corpus: String, tokenizer: String, prefix: String) {
        self.corpus = corpus
        self.tokenizer = tokenizer
        self.prefix = prefix
    }

    /// How far a build is, in bytes of the corpus's files.
    public struct Progress: Sendable, Equatable {
        public var language: String
        public var done: Int
        public var whole: Int
    }

    /// Writes the files, which appear when all is done, the manifest last.
    ///
    /// Throws `tokens.…` for files that are there already, a tokeniser without a document end and damaged text; what a corpus,
    /// a tokeniser or weights throw; or the write that failed. Then nothing of the output is left.
    @discardableResult
    public func build(progress: (Progress) -> Void = { _ in }) throws(Diagnostic) -> TokenManifest {
        let place = try TokenPlace(prefix: prefix, replace: replace)
        let encoding = try DocumentEncoding(tokenizer, documentEnd: documentEnd)
        let texts = try CorpusTexts(corpus)
        // Weights that name no such language are refused now, and not after hours of work.
        _ = try weighting.shares(texts.languages.map { ($0, 1) }, file: "weights")
        return try place.fill { (staging) throws(Diagnostic) in
            let writer = LanguageWriter(
                encoding: encoding, staging: staging, name: place.name, pool: WorkerPool(workers: max(workers, 1)))
            var languages: [TokenManifest.Language] = []
            let whole = texts.shards.reduce(0) { $0 + $1.bytes }
            var done = 0
            for code in texts.languages {
                var language = OpenLanguage(code: code)
                for shard in texts.shards where shard.language == code {
                    try writer.write(shard, to: &language) { bytes in
                        done += bytes
                        progress(Progress(language: code, done: done, whole: whole))
                    }
                }
                languages.append(try language.finish())
            }
            let file = try place.writeTokenizer(encoding, to: staging)
            var manifest = TokenManifest(
                tokenizer: file, vocabulary: encoding.tokenizer.vocabularySize, documentEnd: Int(encoding.documentEnd),
                type: encoding.type.name, corpus: texts.digest, languages: languages, weights: .init(weighting),
                digest: texts.digest)
            _ = try weighting.shares(manifest.trainTokens, file: "weights")
            try place.writeManifest(try manifest.sealed(), to: staging)
            return manifest
        }
    }
}
