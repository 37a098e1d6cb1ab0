import Diagnostics
import Foundation
import Ledger

extension JSONTree: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    package init(stringLiteral text: String) { self = .string(text) }
    package init(arrayLiteral elements: JSONTree...) { self = .array(elements) }

    /// Members that are `nil` are left out.
    package init(dictionaryLiteral members: (String, JSONTree?)...) {
        self = .object(members.reduce(into: [:]) { $0[$1.0] = $1.1 })
    }

    /// A string, or nothing for none.
    static func optional(_ text: String?) -> JSONTree? { text.map(JSONTree.string) }
    /// An integer, or nothing for none.
    static func optional(_ number: Int?) -> JSONTree? { number.map { .integer(Int64($0)) } }

    /// The tree as indented text, keys sorted, a line break at the end: equal trees give equal bytes.
    func document() throws(Diagnostic) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw Diagnostic("export.encode", "the export cannot be written as JSON: \(error)", kind: .failure)
        }
    }
}

/// The tree of any value that can be written as JSON.
func tree(of value: some Encodable) throws(Diagnostic) -> JSONTree {
    do {
        return try JSONDecoder().decode(JSONTree.self, from: JSONEncoder().encode(value))
    } catch {
        throw Diagnostic("export.encode", "a part of the record cannot be written as JSON: \(error)", kind: .failure)
    }
}
