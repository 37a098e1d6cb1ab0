import Deduplication
import Diagnostics
import Ingestion

/// What a text corpus is made of and how: everything that decides its bytes.
///
/// ```swift
/// let specification = try CorpusSpecification.load("corpora/news.yaml")
/// try CorpusBuild(specification, output: "corpora/news").run()
/// ```
///
/// ``yaml`` is the resolved form, which the corpus carries; its digest is the specification's. Nothing in it says where
/// or with how many workers the corpus is built.
public struct CorpusSpecification: Sendable, Equatable {
    /// What the corpus is called.
    public var name: String
    /// The corpus' version, if it has one.
    public var version: String?
    /// One sentence about it, for its data card.
    public var description: String?
    /// Moves documents between train and validation; 0 is the plain rule.
    public var seed: UInt64
    /// Where documents come from, in order: of two duplicates the earlier one stays. Paths are as written.
    public var sources: [Source]
    /// Where the sources' paths are written, for messages.
    var sourcePlaces = SourcePlaces()
    /// What every document goes through, in order.
    public var stages: [StageSetting]
    public var deduplication: Deduplication
    /// What is replaced by tags in what stays; empty: nothing.
    public var redaction: [String]
    /// The share of documents that is held out for validation, at least 0 and less than 1.
    public var validationShare: Double
    /// Begin a new shard rather than exceed this many bytes of text.
    public var shardBytes: Int
    /// The bounds of reading, but for the sizes of units, which ``CorpusBuild/Options`` has: they change no byte.
    public var limits = IngestionLimits()
    /// What must not be in the corpus although the sources have it.
    public var removed: [Removal]

    /// Which documents count as duplicates, and of what size and number repeats are removed.
    public struct Deduplication: Sendable, Equatable {
        /// What makes documents the same; documents that are the same by any of them are duplicates.
        public var exact: [DocumentIdentity]
        /// Lines that are removed everywhere; `nil`: none.
        public var templateLines: LineRule?
        public var near: Near?
        public var substrings: Substrings?

        public init(
            exact: [DocumentIdentity] = [.stripped], templateLines: LineRule? = .templates, near: Near? = nil,
            substrings: Substrings? = nil
        ) {
            (self.exact, self.templateLines, self.near, self.substrings) = (exact, templateLines, near, substrings)
        }
    }

    /// How near-duplicates are found.
    public enum Near: Sendable, Equatable {
        case minhash(MinHashParameters)
        case simhash(SimHashParameters)
    }

    /// The repeats that are removed within texts.
    public struct Substrings: Sendable, Equatable {
        /// The shortest repeat, in bytes.
        public var bytesMin: Int
        /// The bound on memory; beyond it earlier text is forgotten.
        public var memoryMebibytesMax: Int

        public init(bytesMin: Int = 50, memoryMebibytesMax: Int = 1024) {
            (self.bytesMin, self.memoryMebibytesMax) = (bytesMin, memoryMebibytesMax)
        }
    }

    public init(
        name: String, version: String? = nil, description: String? = nil, seed: UInt64 = 0, sources: [Source],
        stages: [StageSetting] = CorpusSpecification.standardStages, deduplication: Deduplication = .init(),
        redaction: [String] = [], validationShare: Double = 0.05, shardBytes: Int = 1 << 30, removed: [Removal] = []
    ) {
        (self.name, self.version, self.description, self.seed) = (name, version, description, seed)
        (self.sources, self.stages, self.deduplication) = (sources, stages, deduplication)
        (self.redaction, self.validationShare, self.shardBytes) = (redaction, validationShare, shardBytes)
        self.removed = removed
    }

    /// The stages of a specification that names none.
    public static let standardStages = StageKind.standard.map { StageSetting($0) }
}

/// Where each source's path is written, by the source's name; specifications are equal wherever theirs stand.
struct SourcePlaces: Sendable, Equatable {
    var byName: [String: Diagnostic.Location] = [:]

    static func == (a: SourcePlaces, b: SourcePlaces) -> Bool { true }
}

/// A source or a document that was taken out of a corpus, and why.
public struct Removal: Sendable, Equatable, Codable {
    /// The name of a source; or
    public var source: String?
    /// the digest (`sha256:…`) of a document's text as its source gives it: whatever has this text stays out.
    public var document: String?
    /// Why, for whoever reads the manifest.
    public var reason: String?

    public init(source: String, reason: String? = nil) { (self.source, self.reason) = (source, reason) }

    public init(document: String, reason: String? = nil) { (self.document, self.reason) = (document, reason) }
}
