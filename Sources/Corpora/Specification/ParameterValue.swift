import Diagnostics
import TypedYAML

/// A parameter of a stage, as a specification gives it.
public enum ParameterValue: Sendable, Equatable {
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case text(String)
    case texts([String])
}

/// What a parameter is called, what values it takes and what it is where a specification is silent.
struct StageParameter: Sendable {
    enum Kind: Sendable {
        case integer(ClosedRange<Int>)
        case number(NumberBounds)
        case boolean
        case choice([String])
        case text
        case texts
        /// A SHA-256 digest, `sha256:…`.
        case digest
    }

    let name: String
    let kind: Kind
    /// Whether the specification must give a value.
    let isRequired: Bool
    /// Whether it has its place below a language only.
    let isOfLanguage: Bool
    /// The value where the specification gives none, if there is one.
    let standard: @Sendable (_ language: String) -> ParameterValue?

    init(
        _ name: String, _ kind: Kind, isRequired: Bool = false, isOfLanguage: Bool = false,
        _ standard: @escaping @Sendable (_ language: String) -> ParameterValue? = { _ in nil }
    ) {
        (self.name, self.kind, self.isRequired, self.standard) = (name, kind, isRequired, standard)
        self.isOfLanguage = isOfLanguage
    }

    /// Reads a value of this kind.
    func read(_ value: YAMLValue) throws(Diagnostic) -> ParameterValue {
        switch kind {
        case .integer(let range): return .integer(try value.integer(in: range))
        case .number(let bounds): return .number(try value.number(bounds))
        case .boolean: return .boolean(try value.boolean())
        case .text: return .text(try value.text())
        case .texts: return .texts(try value.texts())
        case .digest:
            let text = try value.text()
            if text.hasPrefix("sha256:"), CorpusSpecification.isDigest(text) { return .text(text) }
            throw Diagnostic(
                "\(value.subject).digest", "this is not a digest", at: value.location,
                expected: "sha256: and 64 hexadecimal digits", found: text)
        case .choice(let words):
            let text = try value.text()
            if words.contains(text) { return .text(text) }
            throw Diagnostic(
                "\(value.subject).unknown-value", "this value is not known", at: value.location,
                expected: "one of \(words.joined(separator: ", "))", found: "\"\(text)\"",
                remedy: nearestWord(to: text, among: words).map { "did you mean \($0)?" })
        }
    }
}

extension ParameterValue {
    var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    var text: String? { if case .text(let value) = self { value } else { nil } }
    var texts: [String]? { if case .texts(let value) = self { value } else { nil } }
    var number: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// The value as people read it.
    var shown: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): YAMLWriter.number(value)
        case .boolean(let value): "\(value)"
        case .text(let value): value
        case .texts(let values): values.joined(separator: ", ")
        }
    }

    func write(_ key: String, to writer: inout YAMLWriter) {
        switch self {
        case .integer(let value): writer.write(key, value)
        case .number(let value): writer.write(key, value)
        case .boolean(let value): writer.write(key, value)
        case .text(let value): writer.write(key, value)
        case .texts(let values): writer.write(key, values)
        }
    }
}
