import Cleaning
import Diagnostics
import Ingestion
import TypedYAML

/// A stage that a specification may name: whom it concerns, its parameters, and how to make it.
struct StageKind: Sendable {
    /// Which documents a stage looks at.
    enum Scope: Sendable {
        case everything, prose, code

        /// Whether a document of a language goes through the stage.
        func includes(_ language: String) -> Bool {
            switch self {
            case .everything: true
            case .prose: !isProgrammingLanguage(language)
            case .code: isProgrammingLanguage(language)
            }
        }
    }

    /// What a stage may be made from.
    struct Context: Sendable {
        var values: StageValues
        /// What the source says of all its documents.
        var licence: String?
        /// What stages of the same kind share.
        var models: StageModels

        var language: String { values.language }
    }

    let name: String
    let scope: Scope
    let parameters: [StageParameter]
    /// `nil` where the parameters leave the stage nothing to do.
    let make: @Sendable (Context) throws(Diagnostic) -> (any CleaningStage)?

    init(
        _ name: String, _ scope: Scope = .prose, _ parameters: [StageParameter] = [],
        make: @escaping @Sendable (Context) throws(Diagnostic) -> (any CleaningStage)?
    ) {
        (self.name, self.scope, self.parameters, self.make) = (name, scope, parameters, make)
    }

    /// The stage of a name.
    static func named(_ name: String) -> StageKind? { all.first { $0.name == name } }
}

/// Whether a language code is that of a programming language, as code sources give it.
func isProgrammingLanguage(_ code: String) -> Bool { ProgrammingLanguage.all.contains(code) }

// MARK: - Kinds of parameters

extension StageParameter {
    /// A count with the published default of a language.
    static func count(_ name: String, _ figure: @escaping @Sendable (FilterParameters) -> Int) -> StageParameter {
        StageParameter(name, .integer(1...1_000_000_000)) { .integer(figure(.defaults(for: $0))) }
    }

    /// A ratio with the published default of a language.
    static func ratio(_ name: String, _ figure: @escaping @Sendable (FilterParameters) -> Double) -> StageParameter {
        StageParameter(name, .number(.between(0, 1))) { .number(figure(.defaults(for: $0))) }
    }

    /// A switch with the published default of a language.
    static func flag(_ name: String, _ figure: @escaping @Sendable (FilterParameters) -> Bool) -> StageParameter {
        StageParameter(name, .boolean) { .boolean(figure(.defaults(for: $0))) }
    }

    static func choice(_ name: String, _ words: [String], _ standard: String) -> StageParameter {
        StageParameter(name, .choice(words)) { _ in .text(standard) }
    }

    /// A count with one default for all.
    static func count(_ name: String, _ standard: Int) -> StageParameter {
        StageParameter(name, .integer(0...1 << 40)) { _ in .integer(standard) }
    }

    /// A number with one default for all.
    static func number(_ name: String, _ standard: Double) -> StageParameter {
        StageParameter(name, .number(.nonNegative)) { _ in .number(standard) }
    }
}
