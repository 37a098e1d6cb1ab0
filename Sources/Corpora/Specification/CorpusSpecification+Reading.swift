import Cleaning
import Diagnostics
import Ingestion
import TypedYAML

extension CorpusSpecification {
    /// Reads a specification's file; `overrides` are `path.to.key=value` texts, as `--set` gives them.
    ///
    /// Throws a `Diagnostic` whose code begins with `specification.` and that names file, line and key.
    public static func load(_ path: String, overrides: [String] = []) throws(Diagnostic) -> CorpusSpecification {
        var document = try YAMLDocument(contentsOf: path, subject: "specification")
        for override in overrides { try document.set(override) }
        return try CorpusSpecification(reading: document)
    }

    /// Reads a specification from text, such as ``yaml`` wrote; `file` is what messages show as its place.
    public static func parse(_ text: String, file: String? = nil) throws(Diagnostic) -> CorpusSpecification {
        try CorpusSpecification(reading: YAMLDocument(parsing: text, subject: "specification", file: file))
    }

    enum Key: String, CaseIterable {
        case name, version, description, seed, sources, stages, deduplication, redaction, split, output, limits, removed
    }
    enum SplitKey: String, CaseIterable { case validation }
    enum OutputKey: String, CaseIterable {
        case shardBytes = "shard_bytes"
        case compression
    }
    enum RemovalKey: String, CaseIterable { case source, document, reason }
    enum Compression: String, CaseIterable { case none }

    init(reading document: YAMLDocument) throws(Diagnostic) {
        let reader = try document.value.section(Key.self)
        self.init(
            name: try reader.required(.name).text(), version: try reader.optional(.version)?.text(),
            description: try reader.optional(.description)?.text(), seed: try reader.optional(.seed)?.unsigned() ?? 0,
            sources: try Self.sources(reader.required(.sources)))
        sourcePlaces = try Self.sourcePlaces(reader.required(.sources))
        if let stages = reader.optional(.stages) { self.stages = try Self.stages(stages) }
        deduplication = try Deduplication(reading: reader.section(.deduplication, Deduplication.Key.self))
        if let redaction = reader.optional(.redaction) { self.redaction = try Self.redaction(redaction) }
        let split = try reader.section(.split, SplitKey.self)
        validationShare = try split.optional(.validation)?.number(.belowOne) ?? validationShare
        let output = try reader.section(.output, OutputKey.self)
        shardBytes = try output.optional(.shardBytes)?.integer(in: 1...1 << 50) ?? shardBytes
        _ = try output.optional(.compression)?.choice(Compression.self)
        limits = try IngestionLimits(reading: reader.section(.limits, LimitsKey.self))
        if let removed = reader.optional(.removed) { self.removed = try Self.removals(removed, sources) }
    }

    private static func removals(_ value: YAMLValue, _ sources: [Source]) throws(Diagnostic) -> [Removal] {
        var removals = [Removal]()
        for element in try value.elements("removals") {
            let reader = try element.section(RemovalKey.self)
            let reason = try reader.optional(.reason)?.text()
            switch (reader.optional(.source), reader.optional(.document)) {
            case (let source?, nil):
                let name = try source.text()
                removals.append(Removal(source: name, reason: reason))
            case (nil, let document?):
                let digest = try document.text()
                guard digest.hasPrefix("sha256:"), Self.isDigest(digest) else {
                    throw Diagnostic(
                        "specification.removal", "this is not the digest of a document", at: document.location,
                        expected: "sha256: and 64 hexadecimal digits", found: digest)
                }
                removals.append(Removal(document: digest, reason: reason))
            default:
                throw Diagnostic(
                    "specification.removal", "a removal names one thing", at: element.location,
                    expected: "either source: or document:")
            }
        }
        return removals
    }

    private static func redaction(_ value: YAMLValue) throws(Diagnostic) -> [String] {
        if case .sequence = value.node.content {
            var kinds = [String]()
            for element in try value.elements("kinds") { kinds.append(try redactionKind(element)) }
            return kinds
        }
        return try value.boolean() ? PersonalDataKind.standard.map(\.rawValue) : []
    }

    private static func redactionKind(_ value: YAMLValue) throws(Diagnostic) -> String {
        let kind = try value.text()
        if StageKind.redactionKinds.contains(kind) { return kind }
        throw Diagnostic(
            "specification.unknown-value", "this value is not known", at: value.location,
            expected: "one of \(StageKind.redactionKinds.joined(separator: ", "))", found: "\"\(kind)\"",
            remedy: nearestWord(to: kind, among: StageKind.redactionKinds).map { "did you mean \($0)?" })
    }
}
