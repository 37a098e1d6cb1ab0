import Diagnostics
import Foundation

/// A JSON text as a tree, for the small files that stand beside a model's weights and for lines of data.
package enum JSONValue: Sendable, Equatable, Decodable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// No index of a model comes near this length; a longer file is something else.
    static let largestFile = 100_000_000

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let found = try? value.decode(Bool.self) {
            self = .boolean(found)
        } else if let found = try? value.decode(Int.self) {
            self = .integer(found)
        } else if let found = try? value.decode(Double.self) {
            self = .number(found)
        } else if let found = try? value.decode(String.self) {
            self = .text(found)
        } else if let found = try? value.decode([JSONValue].self) {
            self = .list(found)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }

    /// The members of a JSON object; throws `code` when the text is none.
    package static func members(_ json: Data, file: String, code: String) throws(Diagnostic) -> [String: JSONValue] {
        guard json.count <= largestFile else {
            throw Diagnostic(
                code, "the file is too long", at: .init(file: file), expected: "at most \(largestFile) bytes",
                found: "\(json.count)")
        }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: json), case .object(let members) = value
        else {
            throw Diagnostic(code, "the file is not well-formed", at: .init(file: file), expected: "a JSON object")
        }
        return members
    }

    /// The value as a message shows it.
    package var described: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): "“\(value)”"
        case .list: "a list"
        case .object: "an object"
        }
    }
}
