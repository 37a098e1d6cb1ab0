import Diagnostics
import Ingestion
import Integrity
import TypedYAML

extension CorpusSpecification {
    /// The keys of the section `limits`.
    enum LimitsKey: String, CaseIterable {
        case documentBytes = "maximum_document_bytes"
        case expansionRatio = "maximum_expansion_ratio"
        case freeExpansionBytes = "free_expansion_bytes"
        case expandedBytes = "maximum_expanded_bytes"
    }

    /// The digest that unfinished work goes by: the specification's, whatever the bounds of expansion.
    ///
    /// Those refuse files and change nothing in what was read, so a build that one of them stopped goes on once it is raised.
    var workDigest: Digest {
        let standard = IngestionLimits()
        var same = self
        same.limits.maximumExpansion = standard.maximumExpansion
        same.limits.freeExpansionBytes = standard.freeExpansionBytes
        same.limits.maximumExpandedBytes = standard.maximumExpandedBytes
        return same.digest
    }
}

extension IngestionLimits {
    /// Reads the section `limits`; what it does not say stays as it is by default.
    init(reading reader: YAMLReader<CorpusSpecification.LimitsKey>) throws(Diagnostic) {
        self.init()
        maximumDocumentBytes = try reader.optional(.documentBytes)?.integer(in: 1...1 << 34) ?? maximumDocumentBytes
        maximumExpansion = try reader.optional(.expansionRatio)?.integer(in: 1...1 << 30) ?? maximumExpansion
        freeExpansionBytes = try reader.optional(.freeExpansionBytes)?.integer(in: 0...1 << 50) ?? freeExpansionBytes
        maximumExpandedBytes = try reader.optional(.expandedBytes)?.integer(in: 1...1 << 50) ?? maximumExpandedBytes
    }

    /// Writes the limits that differ from the defaults, so that a specification without any stays as it is.
    func write(to writer: inout YAMLWriter) {
        typealias Key = CorpusSpecification.LimitsKey
        let standard = IngestionLimits()
        for (key, value, usual) in [
            (Key.documentBytes, maximumDocumentBytes, standard.maximumDocumentBytes),
            (.expansionRatio, maximumExpansion, standard.maximumExpansion),
            (.freeExpansionBytes, freeExpansionBytes, standard.freeExpansionBytes),
            (.expandedBytes, maximumExpandedBytes, standard.maximumExpandedBytes),
        ] where value != usual {
            writer.write(key.rawValue, value)
        }
    }
}
