import Integrity

/// What a built corpus is: its languages, its files with their digests, and one digest of it all.
///
/// It is stored as `manifest.json` in the corpus folder. Equal inputs give equal bytes of every file.
public struct CorpusManifest: Codable, Sendable, Equatable {
    /// The name of the manifest's file in a corpus folder.
    public static let fileName = "manifest.json"
    static let formatName = "serre-corpus"
    static let formatVersion = 1

    /// Always `serre-corpus`.
    public var format = CorpusManifest.formatName
    /// The version of the folder's format.
    public var version = CorpusManifest.formatVersion
    /// How texts became tokens: `bytes`, the bytes of the UTF-8 text.
    public var tokenizer = "bytes"
    /// How many token numbers there are, document end included.
    public var vocabulary = Corpus.documentEnd + 1
    /// The token that follows each document.
    public var documentEnd = Corpus.documentEnd
    /// What was found and kept, in byte-wise order of the codes.
    public var languages: [Language]
    /// The token files, by split and language; training reads the train shards in this order.
    public var shards: [Shard]
    /// The document tables, one for each language that has documents.
    public var tables: [Table]
    /// The digest of the manifest itself, computed with this digest's own digits as zeros.
    @DigestText public var digest: Digest

    /// One language's figures.
    public struct Language: Codable, Sendable, Equatable {
        /// The language code.
        public var code: String
        /// Documents found in the sources.
        public var documents: Int
        /// Documents kept.
        public var kept: Int
        /// Bytes of text kept.
        public var bytes: Int
        /// Tokens kept, document ends included.
        public var tokens: Int
        /// Documents not kept, counted by reason.
        public var dropped: [String: Int]
        /// The part of the kept documents that is held out.
        public var validation: Part
    }

    /// The size of a part of a language.
    public struct Part: Codable, Sendable, Equatable {
        public var documents: Int
        public var bytes: Int
        public var tokens: Int
    }

    /// A file of tokens: unsigned 16-bit little-endian numbers, whole documents in order, each followed by the document end.
    public struct Shard: Codable, Sendable, Equatable {
        public var file: String
        public var language: String
        public var split: Split
        public var documents: Int
        public var tokens: Int
        @DigestText public var sha256: Digest
    }

    /// A JSONL file with one ``CorpusDocument`` a line, in the language's document order.
    public struct Table: Codable, Sendable, Equatable {
        public var file: String
        public var language: String
        public var documents: Int
        @DigestText public var sha256: Digest
    }

    enum CodingKeys: String, CodingKey {
        case format, version, tokenizer, vocabulary, languages, shards, tables, digest
        case documentEnd = "document_end"
    }
}

/// A kept document, as the document tables list it: what it is and where it is from, without its text.
public struct CorpusDocument: Codable, Sendable, Equatable {
    /// The digest of the text: the document's name for life.
    @DigestText public var id: Digest
    /// The language code.
    public var lang: String
    /// The name of the source.
    public var source: String
    /// The version of the source, if known.
    public var version: String?
    /// The licence of the text, if known.
    public var licence: String?
    /// The place below the source's root, or `file.jsonl:line`.
    public var path: String
    /// The size of the text.
    public var bytes: Int
    /// What the document is for.
    public var split: Split
}

/// A digest that is stored in JSON as `sha256:` and 64 hexadecimal digits.
@propertyWrapper
public struct DigestText: Codable, Sendable, Equatable {
    public var wrappedValue: Digest

    public init(wrappedValue: Digest) { self.wrappedValue = wrappedValue }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = Digest(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected sha256: and 64 hexadecimal digits")
        }
        wrappedValue = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue.description)
    }
}
