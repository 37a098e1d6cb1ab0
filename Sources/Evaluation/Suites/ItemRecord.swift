import Diagnostics
import Interchange

/// One object of an item file with its place: a line of JSONL, a row of a table, a line of text.
struct ItemRecord {
    var members: [String: JSONValue]
    var file: String
    var line: Int

    func location(_ key: String? = nil) -> Diagnostic.Location { .init(file: file, line: line, key: key) }

    /// The value under a dotted path, such as `choices.text`; `nil` when it is absent or null.
    func value(_ path: String) -> JSONValue? {
        var current = JSONValue.object(members)
        for name in path.split(separator: ".") {
            guard case .object(let members) = current, let next = members[String(name)] else { return nil }
            current = next
        }
        return current == .null ? nil : current
    }

    /// The first of several paths, divided by `|`, that is there.
    func required(_ paths: String) throws(Diagnostic) -> JSONValue {
        let alternatives = paths.split(separator: "|").map(String.init)
        for path in alternatives {
            if let value = value(path) { return value }
        }
        let keys = members.keys.sorted()
        throw Diagnostic(
            "suite.missing-field", "the item has no such field", at: location(alternatives.first ?? paths),
            expected: "one of \(keys.prefix(12).joined(separator: ", "))",
            remedy: alternatives.first.flatMap { nearestWord(to: $0, among: keys) }.map { "did you mean \($0)?" })
    }

    /// The text under a path; numbers and truth values as they are written.
    func text(_ paths: String) throws(Diagnostic) -> String {
        let value = try required(paths)
        switch value {
        case .text(let text): return text
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        case .boolean(let flag): return flag ? "true" : "false"
        case .null, .list, .object:
            throw Diagnostic(
                "suite.wrong-field", "the field is of another kind", at: location(paths), expected: "a text",
                found: value.described)
        }
    }

    /// The texts of the list under a path.
    func texts(_ paths: String) throws(Diagnostic) -> [String] {
        let value = try required(paths)
        guard case .list(let elements) = value else {
            throw Diagnostic(
                "suite.wrong-field", "the field is of another kind", at: location(paths), expected: "a list of texts",
                found: value.described)
        }
        var texts: [String] = []
        for element in elements {
            guard case .text(let text) = element else {
                throw Diagnostic(
                    "suite.wrong-field", "an element of the list is of another kind", at: location(paths),
                    expected: "a text", found: element.described)
            }
            texts.append(text)
        }
        return texts
    }
}
