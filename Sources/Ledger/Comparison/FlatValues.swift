import Diagnostics
import Foundation
import TypedYAML

/// The scalars of a YAML or JSON document under their dotted paths, in a fixed order.
struct FlatValues {
    private(set) var entries: [(key: String, value: String)] = []

    /// Values given one by one.
    init(_ entries: [(key: String, value: String)] = []) { self.entries = entries }

    /// The values of a YAML text, in its order.
    init(yaml bytes: [UInt8], file: String) throws(Diagnostic) {
        let document = try YAMLDocument(
            parsing: String(decoding: bytes, as: UTF8.self), subject: "ledger", file: file)
        add(document.root, at: "")
    }

    /// The values of a JSON text, in the order of their keys.
    init(json bytes: [UInt8], file: String) throws(Diagnostic) {
        add(try RecordJSON.decode(JSONTree.self, from: bytes, path: file), at: "")
    }

    func value(of key: String) -> String? { entries.first { $0.key == key }?.value }

    /// The differences, in the order of `self`, then of what only `other` has.
    func differences(from other: FlatValues) -> [ValueDifference] {
        let theirs = Dictionary(other.entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        let ours = Set(entries.map(\.key))
        let changed = entries.compactMap { entry in
            theirs[entry.key] == entry.value ? nil : ValueDifference(entry.key, entry.value, theirs[entry.key])
        }
        return changed
            + other.entries.compactMap { ours.contains($0.key) ? nil : ValueDifference($0.key, nil, $0.value) }
    }

    private mutating func add(_ node: YAMLNode, at path: String) {
        switch node.content {
        case .scalar(let text, _): entries.append((path, text))
        case .mapping(let members):
            for member in members { add(member.value, at: Self.joined(path, member.key)) }
        case .sequence(let elements):
            for (position, element) in elements.enumerated() { add(element, at: Self.joined(path, "\(position)")) }
        }
    }

    private mutating func add(_ value: JSONTree, at path: String) {
        switch value {
        case .object: for member in value.members { add(member.value, at: Self.joined(path, member.key)) }
        case .array(let elements):
            for (position, element) in elements.enumerated() { add(element, at: Self.joined(path, "\(position)")) }
        default: if let text = value.text { entries.append((path, text)) }
        }
    }

    private static func joined(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
