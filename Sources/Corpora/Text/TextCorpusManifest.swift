import Integrity

/// What a built text corpus is: its languages and what each stage did, its sources, its files with their digests, the
/// specification, and one digest of it all.
///
/// It is stored as `manifest.json` in the corpus folder, format version 2. Equal specifications and sources give equal
/// bytes of every file.
public struct TextCorpusManifest: Codable, Sendable, Equatable {
    static let formatVersion = 2
    /// The table of inputs that gave no document.
    static let skippedFile = "skipped.jsonl"
    static let dataCardFile = "data-card.md"
    static let croissantFile = "croissant.json"

    /// Always `serre-corpus`.
    public var format = CorpusManifest.formatName
    /// The version of the folder's format: 2.
    public var version = TextCorpusManifest.formatVersion
    /// What the specification calls the corpus.
    public var name: String
    /// The corpus' own version, if the specification states one.
    public var corpusVersion: String?
    /// One sentence about it, if the specification has one.
    public var description: String?
    /// All languages together.
    public var totals: Totals
    /// What was found and kept, in byte-wise order of the codes.
    public var languages: [Language]
    /// The sources that were read, in the specification's order.
    public var sources: [SourceEntry]
    /// The files of the folder but the manifest, in byte-wise order of their names.
    public var files: [File]
    /// What was taken out on request, as the specification lists it.
    public var removed: [Removal]
    /// The specification in its resolved form, YAML.
    public var specification: String
    /// The digest of that text.
    @DigestText public var specificationDigest: Digest
    /// The digest of the manifest itself, computed with this digest's own digits as zeros.
    @DigestText public var digest: Digest

    /// Counts of documents and bytes of text.
    public struct Totals: Codable, Sendable, Equatable {
        /// Documents found in the sources.
        public var documents = 0
        /// Bytes of text found.
        public var bytesIn = 0
        /// Documents kept.
        public var kept = 0
        /// Bytes of text kept.
        public var bytes = 0
        /// Inputs that gave no document.
        public var skipped = 0

        enum CodingKeys: String, CodingKey {
            case documents, kept, bytes, skipped
            case bytesIn = "bytes_in"
        }
    }

    /// One language's figures.
    public struct Language: Codable, Sendable, Equatable {
        /// The language code.
        public var code: String
        /// Documents found in the sources.
        public var documents: Int
        /// Bytes of text found.
        public var bytesIn: Int
        /// Documents kept.
        public var kept: Int
        /// Bytes of text kept.
        public var bytes: Int
        /// What each stage did, in order.
        public var stages: [Stage]
        /// The kept documents to learn from.
        public var train: Part
        /// The kept documents to measure on.
        public var validation: Part

        enum CodingKeys: String, CodingKey {
            case code, documents, kept, bytes, stages, train, validation
            case bytesIn = "bytes_in"
        }
    }

    /// What one stage did with the documents of a language.
    public struct Stage: Codable, Sendable, Equatable {
        public var stage: String
        /// Documents that came to it.
        public var documents: Int
        /// Documents that it left out.
        public var dropped: Int
        /// Documents that it rewrote.
        public var changed: Int
        /// Bytes of text that came to it.
        public var bytesIn: Int
        /// Bytes of text that left it.
        public var bytesOut: Int
        /// The parameters in force, as texts by their names.
        public var parameters: [String: String]?

        enum CodingKeys: String, CodingKey {
            case stage, documents, dropped, changed, parameters
            case bytesIn = "bytes_in"
            case bytesOut = "bytes_out"
        }
    }

    /// The size of a part of a language.
    public struct Part: Codable, Sendable, Equatable {
        public var documents = 0
        public var bytes = 0
    }

    /// A source: what is known of it, and what became of it.
    public struct SourceEntry: Codable, Sendable, Equatable {
        public var name: String
        /// `folder`, `jsonl`, `debian`, `tar` or `git`.
        public var kind: String
        /// The language of all its documents, if it has one.
        public var language: String?
        public var licence: String?
        public var script: String?
        /// The stated version, or the commit of a git revision.
        public var version: String?
        /// Documents found.
        public var documents: Int
        /// Bytes of text found.
        public var bytesIn: Int
        /// Documents kept.
        public var kept: Int
        /// Bytes of text kept.
        public var bytes: Int
        /// Inputs that gave no document, counted by reason.
        public var skipped: [String: Int]
        /// Kept documents by the licence that they state themselves; `nil` where none does.
        public var licences: [String: Int]?

        enum CodingKeys: String, CodingKey {
            case name, kind, language, licence, script, version, documents, kept, bytes, skipped, licences
            case bytesIn = "bytes_in"
        }
    }

    /// A file of the folder.
    public struct File: Codable, Sendable, Equatable {
        /// What a file holds.
        public enum Kind: String, Codable, Sendable {
            /// Texts: one JSON object a line with `id`, `lang`, `licence`, `place`, `source`, `split`, `text`, `url`.
            case texts
            /// The decisions of every document of a language, one JSON object a line.
            case documents
            /// The inputs that gave no document, one JSON object a line.
            case skipped
            /// A description for people or other programs.
            case description
        }

        public var file: String
        public var kind: Kind
        /// The language of texts and documents.
        public var language: String?
        /// Lines: documents or skipped inputs.
        public var lines: Int?
        /// The size of the file.
        public var bytes: Int
        @DigestText public var sha256: Digest
    }

    enum CodingKeys: String, CodingKey {
        case format, version, name, description, totals, languages, sources, files, removed, specification, digest
        case corpusVersion = "corpus_version"
        case specificationDigest = "specification_digest"
    }
}
