/// What one step of the build did with a document, as work files and tables keep it.
struct StageStep: Sendable, Equatable {
    enum Decision: Int, Sendable {
        case kept, changed, dropped

        var word: String {
            switch self {
            case .kept: "kept"
            case .changed: "changed"
            case .dropped: "dropped"
            }
        }
    }

    /// The name of the stage.
    var stage: String
    var decision: Decision
    /// The measure, what changed, or the reason.
    var detail: String?
    /// The size of the text before and after.
    var bytesIn: Int
    var bytesOut: Int
}

/// The steps of the build that look at more than one document, as funnels and tables name them.
enum BuildStage {
    /// Texts that somebody asked to be left out.
    static let removed = "removed"
    /// Texts whose language their source does not state.
    static let language = "language-unstated"
    static let exact = "exact-duplicates"
    static let templateLines = "template-lines"
    static let near = "near-duplicates"
    static let substrings = "repeated-substrings"
    static let redaction = "redaction"
    /// Texts that became the same when lines, repeats or personal data were taken out.
    static let exactAfterwards = "exact-duplicates-afterwards"

    /// The stages of a build in the order in which documents meet them.
    static func order(_ specification: CorpusSpecification) -> [String] {
        let deduplication = specification.deduplication
        var names = specification.removed.contains { $0.document != nil } ? [removed] : []
        names.append(language)
        names += specification.stages.map(\.stage)
        if !deduplication.exact.isEmpty { names.append(exact) }
        if deduplication.near != nil { names.append(near) }
        if deduplication.templateLines != nil { names.append(templateLines) }
        if deduplication.substrings != nil { names.append(substrings) }
        if !specification.redaction.isEmpty { names.append(redaction) }
        return names + [exactAfterwards]
    }
}
