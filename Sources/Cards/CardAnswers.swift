import Diagnostics
import TypedYAML

/// What only a person can say of a model: what it is for, what it is not, who answers for it.
///
/// ```yaml
/// licence: apache-2.0
/// intended_use: |
///   Research on how small multilingual models learn.
/// known_limits: It has seen few words of most of its languages.
/// ```
/// What is missing is shown as missing: a card that hides its gaps would be worse than none.
public struct CardAnswers: Sendable, Equatable {
    /// The question's answers; those that were not given are not there.
    private var answers: [Question: String]

    /// What is asked, in the order of the card.
    public enum Question: String, CaseIterable, Sendable {
        case name, licence, location, contact, citation
        case intendedUse = "intended_use"
        case outOfScopeUse = "out_of_scope_use"
        case knownLimits = "known_limits"
        case socialImpact = "social_impact"

        /// The question as a person is asked it.
        public var text: String {
            switch self {
            case .name: "What is the model called?"
            case .licence: "Under which licence is it published (an identifier such as apache-2.0)?"
            case .location: "In which country or region was it trained?"
            case .contact: "Who answers questions about it?"
            case .citation: "How should it be cited?"
            case .intendedUse: "What is it meant for?"
            case .outOfScopeUse: "What should it not be used for?"
            case .knownLimits: "What does it do badly, and what is known to be wrong with it?"
            case .socialImpact: "Whom may it help or harm?"
            }
        }

        /// Those with a section of their own in a model's card, and its heading.
        var heading: String? {
            switch self {
            case .intendedUse: "Intended use"
            case .outOfScopeUse: "Out-of-scope use"
            case .knownLimits: "Known limits"
            case .socialImpact: "Social impact"
            case .contact: "Contact"
            case .citation: "Citation"
            case .name, .licence, .location: nil
            }
        }

        /// Whether a card is incomplete without it.
        public var isNeeded: Bool { self != .name && self != .location && self != .citation }
    }

    public init(_ answers: [Question: String] = [:]) {
        self.answers = answers.filter { !$0.value.allSatisfy(\.isWhitespace) }
    }

    public subscript(_ question: Question) -> String? {
        get { answers[question] }
        set { answers[question] = newValue.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 } }
    }

    /// What a card needs and nobody has said, in the order of the card.
    public var missing: [Question] { Question.allCases.filter { $0.isNeeded && answers[$0] == nil } }

    /// Reads answers from a YAML file. Unknown keys are errors.
    public static func load(_ path: String) throws(Diagnostic) -> CardAnswers {
        try CardAnswers(reading: YAMLDocument(contentsOf: path, subject: "answers"))
    }

    /// Reads answers from YAML text; `file` is what messages show as its place.
    public static func parse(_ text: String, file: String? = nil) throws(Diagnostic) -> CardAnswers {
        try CardAnswers(reading: YAMLDocument(parsing: text, subject: "answers", file: file))
    }

    private init(reading document: YAMLDocument) throws(Diagnostic) {
        let root = try document.value.section(Question.self)
        var answers: [Question: String] = [:]
        for question in Question.allCases { answers[question] = try root.optional(question)?.paragraphs() }
        self.init(answers)
    }

    /// The answers as YAML that ``parse(_:file:)`` reads back, with the questions that are open as comments.
    public var yaml: String {
        var text = ""
        for question in Question.allCases {
            var writer = YAMLWriter()
            if let answer = answers[question] { writer.write(question.rawValue, answer) }
            text += "# \(question.text)\n" + (writer.text.isEmpty ? "# \(question.rawValue):\n" : writer.text)
        }
        return text
    }
}
