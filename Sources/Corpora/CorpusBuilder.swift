import Diagnostics
import Foundation
import Integrity

/// Builds a corpus folder from sources: checked, without exact duplicates, split, tokenised, with digests of everything.
///
/// ```swift
/// let manifest = try CorpusBuilder.build(sources: [CorpusSource(path: "texts")], output: "corpora/texts")
/// ```
///
/// Two passes read the sources, so that memory holds a record per document and never the texts.
public enum CorpusBuilder {
    /// How to build.
    public struct Options: Sendable, Equatable {
        /// Take documents of a language in order while their bytes stay within this; the rest is dropped as `over-limit`.
        public var maximumBytesPerLanguage: Int?
        /// Begin a new shard rather than exceed this many tokens.
        public var maximumTokensPerShard = 1 << 26
        /// Replace the output folder if it is a corpus.
        public var replace = false

        public init(maximumBytesPerLanguage: Int? = nil, replace: Bool = false) {
            self.maximumBytesPerLanguage = maximumBytesPerLanguage
            self.replace = replace
        }
    }

    /// Builds the corpus folder `output` from `sources`, in the order given, and returns its manifest.
    ///
    /// The folder appears whole or not at all. Throws a `Diagnostic` that names the file (and line) of bad input, an
    /// output folder that may not be replaced, or the write that failed.
    @discardableResult
    public static func build(
        sources: [CorpusSource], output: String, options: Options = .init()
    ) throws(Diagnostic) -> CorpusManifest {
        guard !sources.isEmpty else {
            throw Diagnostic(
                "corpus.no-sources", "there is nothing to build from", expected: "at least one folder or JSONL file")
        }
        if let limit = options.maximumBytesPerLanguage, limit < 1 {
            throw Diagnostic(
                "corpus.limit", "the limit per language is too small", expected: "at least 1 byte", found: "\(limit)")
        }
        let folder = try AtomicFolder(corpus: output, replace: options.replace)
        var selection = DocumentSelection(maximumBytesPerLanguage: options.maximumBytesPerLanguage)
        for source in sources {
            try DocumentScan.visit(source) { (document) throws(Diagnostic) in selection.add(document) }
        }
        let languages = try selection.languages()
        return try folder.fill { (staging) throws(Diagnostic) in
            let writer = ShardWriter(folder: staging, maximumTokensPerShard: options.maximumTokensPerShard)
            var manifest = try write(languages, with: writer)
            try AtomicFile.write([UInt8](try manifest.sealed()), to: staging + "/" + CorpusManifest.fileName)
            return manifest
        }
    }

    private static func write(
        _ languages: [(code: String, language: DocumentSelection.Language)], with writer: ShardWriter
    ) throws(Diagnostic) -> CorpusManifest {
        var reader = DocumentReader()
        var manifest = CorpusManifest(
            languages: [], shards: [], tables: [], digest: SHA256.digest(of: [UInt8]()))
        var validationShards = [CorpusManifest.Shard]()
        for (code, language) in languages {
            let splits = Split.assign(language.kept.map(\.digest))
            func documents(_ split: Split) -> [FoundDocument] {
                zip(language.kept, splits).filter { $0.1 == split }.map(\.0)
            }
            let heldOut = documents(.validation)
            manifest.languages.append(summary(code, language, heldOut: heldOut))
            manifest.shards += try writer.writeShards(documents(.train), language: code, split: .train, reader: &reader)
            validationShards += try writer.writeShards(heldOut, language: code, split: .validation, reader: &reader)
            let rows = zip(language.kept, splits).map { tableRow($0, $1) }
            if !rows.isEmpty { manifest.tables.append(try writer.writeTable(rows, language: code)) }
        }
        manifest.shards += validationShards
        return manifest
    }

    private static func summary(
        _ code: String, _ language: DocumentSelection.Language, heldOut: [FoundDocument]
    ) -> CorpusManifest.Language {
        let heldOutBytes = heldOut.reduce(0) { $0 + $1.bytes }
        return .init(
            code: code, documents: language.found, kept: language.kept.count, bytes: language.bytes,
            tokens: language.bytes + language.kept.count, dropped: language.dropped,
            validation: .init(documents: heldOut.count, bytes: heldOutBytes, tokens: heldOutBytes + heldOut.count))
    }

    private static func tableRow(_ document: FoundDocument, _ split: Split) -> CorpusDocument {
        CorpusDocument(
            id: document.digest, lang: document.language, source: document.source.name,
            version: document.source.version, licence: document.source.licence, path: document.path,
            bytes: document.bytes, split: split)
    }
}
