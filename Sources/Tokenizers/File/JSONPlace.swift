import Diagnostics

/// A value in a tokeniser's file and where it is, so that each complaint names its place.
struct JSONPlace {
    let node: JSONNode
    let file: String
    /// The keys from the root, dotted; list elements as `[3]`.
    let path: String

    /// The diagnostic for a value that is well-formed but not handled.
    func unsupported(_ message: String, expected: String, found: String? = nil) -> Diagnostic {
        Diagnostic(
            "tokenizer.unsupported", message, at: .init(file: file, key: path.isEmpty ? nil : path),
            expected: expected, found: found ?? node.described)
    }

    /// The diagnostic for a value that makes no sense.
    func malformed(_ message: String, expected: String, found: String? = nil) -> Diagnostic {
        Diagnostic(
            "tokenizer.malformed", message, at: .init(file: file, key: path.isEmpty ? nil : path), expected: expected,
            found: found ?? node.described)
    }

    var isNull: Bool { node == .null }

    func object() throws(Diagnostic) -> JSONObject {
        guard case .object(let members) = node else {
            throw malformed("the value is of the wrong kind", expected: "an object")
        }
        return JSONObject(place: self, members: members)
    }

    func elements() throws(Diagnostic) -> [JSONPlace] {
        guard case .list(let elements) = node else {
            throw malformed("the value is of the wrong kind", expected: "a list")
        }
        return elements.enumerated().map { JSONPlace(node: $1, file: file, path: "\(path)[\($0)]") }
    }

    func text() throws(Diagnostic) -> String {
        guard case .text(let text) = node else {
            throw malformed("the value is of the wrong kind", expected: "a text")
        }
        return text
    }

    func boolean() throws(Diagnostic) -> Bool {
        guard case .boolean(let value) = node else {
            throw malformed("the value is of the wrong kind", expected: "true or false")
        }
        return value
    }

    func id() throws(Diagnostic) -> TokenID {
        guard case .number(let digits) = node, let id = TokenID(digits), id >= 0 else {
            throw malformed("the value is of the wrong kind", expected: "a token's number")
        }
        return id
    }
}

/// A small object of a tokeniser's file, whose keys are all known.
struct JSONObject {
    let place: JSONPlace
    let members: [JSONNode.Member]

    /// The value under a key; null if the key is absent.
    subscript(key: String) -> JSONPlace {
        let value = members.first { $0.key == key }?.value ?? .null
        return JSONPlace(node: value, file: place.file, path: place.path.isEmpty ? key : "\(place.path).\(key)")
    }

    /// Refuses keys that are not known, and any that comes twice.
    func requireKeys(among known: [String]) throws(Diagnostic) {
        for (index, member) in members.enumerated() {
            guard known.contains(member.key) else {
                throw self[member.key].unsupported(
                    "the key is not known", expected: "only " + known.joined(separator: ", "))
            }
            if members[..<index].contains(where: { $0.key == member.key }) {
                throw self[member.key].malformed("the key is there twice", expected: "each key once", found: member.key)
            }
        }
    }

    /// Whether a value is true; `absent` if the key is.
    func flag(_ key: String, absent: Bool) throws(Diagnostic) -> Bool {
        self[key].isNull ? absent : try self[key].boolean()
    }
}
