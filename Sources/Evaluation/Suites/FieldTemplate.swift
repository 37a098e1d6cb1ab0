import Diagnostics

/// A text with fields of an item in braces: `Question: {question}\nAnswer:`.
///
/// `{a.b}` is a field of a field, `{a|b}` the first of two that is there, `{{` and `}}` are braces.
struct FieldTemplate: Equatable {
    private enum Part: Equatable {
        case text(String)
        case field(String)
    }

    private var parts: [Part] = []

    /// Reads a template; `nil` when its braces do not match.
    init?(_ source: String) {
        var text = ""
        var field: String?
        var rest = Array(source)[...]
        while let character = rest.popFirst() {
            switch (character, field) {
            case ("{", nil) where rest.first == "{", ("}", nil) where rest.first == "}":
                text.append(rest.removeFirst())
            case ("{", nil):
                if !text.isEmpty { parts.append(.text(text)) }
                (text, field) = ("", "")
            case ("}", let name?):
                guard !name.isEmpty else { return nil }
                parts.append(.field(name))
                field = nil
            case ("{", _?), ("}", nil): return nil
            case (_, let name?): field = name + String(character)
            case (_, nil): text.append(character)
            }
        }
        guard field == nil else { return nil }
        if !text.isEmpty { parts.append(.text(text)) }
    }

    /// The field that the template consists of, if it is one alone.
    var onlyField: String? {
        if parts.count == 1, case .field(let name) = parts[0] { return name }
        return nil
    }

    /// The text for one item.
    func text(_ record: ItemRecord) throws(Diagnostic) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .field(let name): result += try record.text(name)
            }
        }
        return result
    }
}
