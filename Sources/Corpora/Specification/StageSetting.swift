import Cleaning
import Diagnostics
import TypedYAML

/// A stage that a specification asks for: its name, and the parameters that differ from the defaults.
public struct StageSetting: Sendable, Equatable {
    /// The stage's name, such as `special-characters`.
    public var stage: String
    /// What holds for every language without a value of its own.
    public var parameters: [Parameter]
    /// What holds for one language each, in byte-wise order of their codes.
    public var languages: [LanguageParameters]

    /// A parameter's name and value.
    public struct Parameter: Sendable, Equatable {
        public var name: String
        public var value: ParameterValue
        /// Where it is written, for messages; parameters are equal wherever they stand.
        public var location: Diagnostic.Location?

        public init(_ name: String, _ value: ParameterValue, at location: Diagnostic.Location? = nil) {
            (self.name, self.value, self.location) = (name, value, location)
        }

        public static func == (a: Parameter, b: Parameter) -> Bool { a.name == b.name && a.value == b.value }
    }

    /// The parameters of one language.
    public struct LanguageParameters: Sendable, Equatable {
        public var language: String
        public var parameters: [Parameter]

        public init(language: String, parameters: [Parameter]) {
            (self.language, self.parameters) = (language, parameters)
        }
    }

    public init(_ stage: String, parameters: [Parameter] = [], languages: [LanguageParameters] = []) {
        (self.stage, self.parameters, self.languages) = (stage, parameters, languages)
    }

    /// The value for a language: its own, its primary language's, everybody's; `nil` where only the default is left.
    func value(_ name: String, language: String) -> ParameterValue? {
        let own = languages.first { $0.language == language }
        let primary = languages.first { $0.language == primaryLanguage(of: language) }
        for parameters in [own?.parameters, primary?.parameters, parameters] {
            if let found = parameters?.first(where: { $0.name == name }) { return found.value }
        }
        return nil
    }
}

/// The values of a stage's parameters for one language, defaults filled in.
struct StageValues {
    let kind: StageKind
    let setting: StageSetting
    let language: String

    private func value(_ name: String) -> ParameterValue? {
        setting.value(name, language: language)
            ?? kind.parameters.first { $0.name == name }?.standard(language)
    }

    // The reader has checked each value against its parameter's kind, so that the fallbacks are never taken.
    func integer(_ name: String) -> Int { value(name)?.integer ?? 0 }
    func number(_ name: String) -> Double { value(name)?.number ?? 0 }
    func boolean(_ name: String) -> Bool { value(name)?.boolean ?? false }
    func text(_ name: String) -> String { value(name)?.text ?? "" }
    func texts(_ name: String) -> [String]? { value(name)?.texts }
    /// The number of a parameter without a default; `nil` where the specification gives none.
    func optionalNumber(_ name: String) -> Double? { value(name)?.number }

    /// Every parameter that has a value, in the order in which the stage names them.
    var all: [StageSetting.Parameter] {
        kind.parameters.compactMap { parameter in value(parameter.name).map { .init(parameter.name, $0) } }
    }
}
