import Diagnostics
import Ingestion
import Integrity
import TypedYAML

extension CorpusSpecification {
    /// Reads the list of stages: names, or names with parameters below them.
    static func stages(_ value: YAMLValue) throws(Diagnostic) -> [StageSetting] {
        var settings = [StageSetting]()
        for element in try value.elements("stages") {
            let setting = try stage(element)
            guard !settings.contains(where: { $0.stage == setting.stage }) else {
                throw Diagnostic(
                    "specification.stage-twice", "the stage \(setting.stage) is there already", at: element.location,
                    remedy: "name each stage once")
            }
            settings.append(setting)
        }
        return settings
    }

    private static func stage(_ value: YAMLValue) throws(Diagnostic) -> StageSetting {
        if case .scalar = value.node.content {
            return try complete(StageSetting(kind(try value.text(), at: value).name), at: value)
        }
        let entries = try value.entries("a stage and its parameters")
        guard entries.count == 1, let (name, parameters) = entries.first else {
            throw Diagnostic(
                "specification.stage", "an element of the list is one stage", at: value.location,
                expected: "- name, or - name: with its parameters below", found: "\(entries.count) keys",
                remedy: "indent the parameters by two more spaces")
        }
        let kind = try kind(name, at: value)
        var setting = StageSetting(kind.name)
        for (key, value) in try parameters.entries("parameters") {
            if key == languagesKey {
                for (code, own) in try value.entries("language codes") {
                    setting.languages.append(try languageParameters(code, own, of: kind))
                }
            } else {
                setting.parameters.append(try parameter(key, value, of: kind, isOfLanguage: false))
            }
        }
        setting.languages.sort { $0.language.utf8.lexicographicallyPrecedes($1.language.utf8) }
        return try complete(setting, at: value)
    }

    static let languagesKey = "languages"

    private static func languageParameters(
        _ code: String, _ value: YAMLValue, of kind: StageKind
    ) throws(Diagnostic) -> StageSetting.LanguageParameters {
        guard LanguageCode.isValid(code) || isProgrammingLanguage(code) else {
            throw Diagnostic(
                "specification.language", "this is not a language code", at: value.location,
                expected: "a code such as fr, pt-BR or zh", found: code)
        }
        var parameters = [StageSetting.Parameter]()
        for (key, value) in try value.entries("parameters") {
            parameters.append(try parameter(key, value, of: kind, isOfLanguage: true))
        }
        return .init(language: code, parameters: parameters)
    }

    private static func parameter(
        _ key: String, _ value: YAMLValue, of kind: StageKind, isOfLanguage: Bool
    ) throws(Diagnostic) -> StageSetting.Parameter {
        if let parameter = kind.parameters.first(where: { $0.name == key }) {
            guard isOfLanguage || !parameter.isOfLanguage else {
                throw Diagnostic(
                    "specification.of-language", "each language has a \(key) of its own", at: value.location,
                    expected: "\(languagesKey): with a language code below it, and \(key): below that",
                    remedy: "write \(kind.name): {\(languagesKey): {fr: {\(key): …}}}")
            }
            return .init(key, try parameter.read(value), at: value.location)
        }
        let names = kind.parameters.map(\.name) + [languagesKey]
        throw Diagnostic(
            "specification.unknown-key", "unknown key", at: value.location,
            expected: kind.parameters.isEmpty
                ? "no parameters for \(kind.name)" : "one of \(names.joined(separator: ", "))",
            found: "\"\(key)\"", remedy: nearestWord(to: key, among: names).map { "did you mean \($0)?" })
    }

    private static func kind(_ name: String, at value: YAMLValue) throws(Diagnostic) -> StageKind {
        if let kind = StageKind.named(name) { return kind }
        let names = StageKind.all.map(\.name)
        throw Diagnostic(
            "specification.unknown-stage", "there is no such stage", at: value.location,
            expected: "one of \(names.joined(separator: ", "))", found: "\"\(name)\"",
            remedy: nearestWord(to: name, among: names).map { "did you mean \($0)?" })
    }

    /// Refuses a stage without a parameter that has no default.
    private static func complete(_ setting: StageSetting, at value: YAMLValue) throws(Diagnostic) -> StageSetting {
        for parameter in StageKind.named(setting.stage)?.parameters ?? [] where parameter.isRequired {
            guard setting.parameters.contains(where: { $0.name == parameter.name }) else {
                throw Diagnostic(
                    "specification.missing-key", "the stage \(setting.stage) needs a parameter", at: value.location,
                    expected: "\(parameter.name): below it")
            }
        }
        return setting
    }

    static func isDigest(_ text: String) -> Bool { Digest(text) != nil }
}
