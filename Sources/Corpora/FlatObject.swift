import Diagnostics
import Foundation

/// A JSON object whose values are all texts: a line of a JSONL file, or a source record.
struct FlatObject {
    private let values: [String: Any]
    private let location: Diagnostic.Location

    /// Parses one object; `location` says which file and line the bytes are from.
    init(parsing bytes: Data, at location: Diagnostic.Location) throws(Diagnostic) {
        self.location = location
        guard let any = try? JSONSerialization.jsonObject(with: bytes, options: .fragmentsAllowed) else {
            throw Diagnostic(
                "corpus.json", "this is not valid JSON", at: location,
                expected: "an object such as {\"key\": \"value\"}")
        }
        guard let object = any as? [String: Any] else {
            throw Diagnostic(
                "corpus.json", "this JSON value is of the wrong kind", at: location, expected: "an object",
                found: FlatObject.kind(of: any))
        }
        values = object
    }

    /// Refuses any key that is not among `known`, naming the nearest one.
    func refuseKeys(except known: [String]) throws(Diagnostic) {
        guard let unknown = values.keys.sorted().first(where: { !known.contains($0) }) else { return }
        let remedy = nearestWord(to: unknown, among: known).map { "did you mean \"\($0)\"?" }
        throw Diagnostic(
            "corpus.unknown-key", "unknown key", at: place(unknown), expected: known.joined(separator: ", "),
            found: unknown, remedy: remedy ?? "remove the key")
    }

    /// The text under a key; `nil` if the key is absent.
    func string(_ key: String) throws(Diagnostic) -> String? {
        guard let value = values[key] else { return nil }
        guard let text = value as? String else {
            throw Diagnostic(
                "corpus.wrong-type", "the value is of the wrong kind", at: place(key), expected: "a text in quotes",
                found: FlatObject.kind(of: value))
        }
        return text
    }

    /// The text under a key that must be there.
    func requiredString(_ key: String) throws(Diagnostic) -> String {
        guard let text = try string(key) else {
            throw Diagnostic("corpus.missing-key", "the key is missing", at: place(key), expected: "a text in quotes")
        }
        return text
    }

    private func place(_ key: String) -> Diagnostic.Location {
        .init(file: location.file, line: location.line, key: key)
    }

    private static func kind(of value: Any) -> String {
        switch value {
        case is String: "a text"
        case is [Any]: "a list"
        case is [String: Any]: "an object"
        case is NSNull: "null"
        case is NSNumber: "a number or a truth value"
        default: "another kind of value"
        }
    }
}
