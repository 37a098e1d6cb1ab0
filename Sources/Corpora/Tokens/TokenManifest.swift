import Integrity

/// What a set of token files is: its languages, its files with their digests, and one digest of it all.
///
/// It is stored as `PREFIX.json` beside the files. Equal corpora, tokenisers and weights give equal bytes of every file.
public struct TokenManifest: Codable, Sendable, Equatable {
    static let formatName = "serre-tokens"
    static let formatVersion = 1

    /// Always `serre-tokens`.
    public var format = TokenManifest.formatName
    /// The version of the manifest's format.
    public var version = TokenManifest.formatVersion
    /// How texts became tokens.
    public var tokenizer: TokenizerFile
    /// One more than the largest token number.
    public var vocabulary: Int
    /// The token that follows each document.
    public var documentEnd: Int
    /// How a token is stored: `uint16` or `int32`.
    public var type: String
    /// The digest of the corpus that the texts are from.
    @DigestText public var corpus: Digest
    /// The languages, in byte-wise order of their codes.
    public var languages: [Language]
    /// How large a part of training each language is, unless the recipe says otherwise.
    public var weights: Weights
    /// The digest of the manifest itself, computed with this digest's own digits as zeros.
    @DigestText public var digest: Digest

    /// The tokeniser and the copy of its file beside the tokens.
    public struct TokenizerFile: Codable, Sendable, Equatable {
        /// `bytes`, or `bpe` for any other.
        public var name: String
        /// The name of the file, a `tokenizer.json`.
        public var file: String
        @DigestText public var sha256: Digest
    }

    /// One language's files; a split without documents has none.
    public struct Language: Codable, Sendable, Equatable {
        /// The language code.
        public var code: String
        public var train: Part?
        public var validation: Part?

        /// The files of a split.
        public func part(_ split: Split) -> Part? { split == .train ? train : validation }
    }

    /// A pair of token files and what they hold.
    public struct Part: Codable, Sendable, Equatable {
        /// The name of both files without `.bin` and `.idx`.
        public var file: String
        public var documents: Int
        /// Tokens, document ends included.
        public var tokens: Int
        /// Bytes of text.
        public var bytes: Int
        /// The SHA-256 of each file.
        @DigestText public var bin: Digest
        @DigestText public var idx: Digest
    }

    /// Language weights: given ones, or tokens to a power.
    public struct Weights: Codable, Sendable, Equatable {
        public var exponent: Double?
        public var given: [String: Double]?
    }

    enum CodingKeys: String, CodingKey {
        case format, version, tokenizer, vocabulary, type, corpus, languages, weights, digest
        case documentEnd = "document_end"
    }

    /// The weights as training takes them.
    public var weighting: LanguageWeighting {
        if let given = weights.given { return .given(given) }
        return .tokens(exponent: weights.exponent ?? 1)
    }

    /// The languages' train tokens, as weights are reckoned from.
    public var trainTokens: [(code: String, tokens: Int)] { languages.map { ($0.code, $0.train?.tokens ?? 0) } }
}

extension TokenManifest.Weights {
    init(_ weighting: LanguageWeighting) {
        switch weighting {
        case .tokens(let exponent): self.init(exponent: exponent, given: nil)
        case .given(let weights): self.init(exponent: nil, given: weights)
        }
    }
}
