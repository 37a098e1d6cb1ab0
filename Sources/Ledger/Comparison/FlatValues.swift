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
        add(try RecordJSON.decode(JSONValue.self, from: bytes, path: file), at: "")
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

    private mutating func add(_ value: JSONValue, at path: String) {
        switch value {
        case .object(let members):
            for member in members { add(member.value, at: Self.joined(path, member.key)) }
        case .array(let elements):
            for (position, element) in elements.enumerated() { add(element, at: Self.joined(path, "\(position)")) }
        case .scalar(let text): entries.append((path, text))
        }
    }

    private static func joined(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

/// Any JSON value, its objects' members sorted by key and its scalars as text.
indirect enum JSONValue: Decodable, Equatable {
    case object([Member])
    case array([JSONValue])
    case scalar(String)

    struct Member: Equatable {
        var key: String
        var value: JSONValue
    }

    init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: Key.self) {
            let keys = members.allKeys.sorted { $0.stringValue < $1.stringValue }
            self = .object(
                try keys.map { Member(key: $0.stringValue, value: try members.decode(JSONValue.self, forKey: $0)) })
        } else if var elements = try? decoder.unkeyedContainer() {
            var result = [JSONValue]()
            while !elements.isAtEnd { result.append(try elements.decode(JSONValue.self)) }
            self = .array(result)
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .scalar("null")
            } else if let flag = try? value.decode(Bool.self) {
                self = .scalar("\(flag)")
            } else if let whole = try? value.decode(Int64.self) {
                self = .scalar("\(whole)")
            } else if let number = try? value.decode(Double.self) {
                self = .scalar("\(number)")
            } else {
                self = .scalar(try value.decode(String.self))
            }
        }
    }

    /// The text of a member that is a scalar.
    func text(_ key: String) -> String? {
        guard case .object(let members) = self,
            case .scalar(let text)? = members.first(where: { $0.key == key })?.value
        else { return nil }
        return text
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
