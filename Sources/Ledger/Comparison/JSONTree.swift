/// Any JSON value; objects are written with their keys sorted, so that equal trees give equal bytes.
package indirect enum JSONTree: Sendable, Equatable {
    case object([String: JSONTree])
    case array([JSONTree])
    case string(String)
    case integer(Int64)
    case number(Double)
    case flag(Bool)
    case null

    /// The value of a member; `nil` when this is no object or has no such member.
    package subscript(_ key: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// The members of an object by ascending key; empty for any other value.
    package var members: [(key: String, value: JSONTree)] {
        guard case .object(let members) = self else { return [] }
        return members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The elements of an array; empty for any other value.
    package var elements: [JSONTree] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// A scalar as text, numbers in the shortest form that reads back to the same bits; `nil` for the others.
    package var text: String? {
        switch self {
        case .object, .array: nil
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .null: "null"
        }
    }
}

extension JSONTree: Codable {
    package init(from decoder: any Decoder) throws {
        // Scalars first: most values are, and each attempt that fails takes time.
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let whole = try? value.decode(Int64.self) {
            // A negative zero reads as an integer, too.
            let isNegativeZero = try whole == 0 && value.decode(Double.self).sign == .minus
            self = isNegativeZero ? .number(-0.0) : .integer(whole)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if var elements = try? decoder.unkeyedContainer() {
            var result = [JSONTree]()
            while !elements.isAtEnd { result.append(try elements.decode(JSONTree.self)) }
            self = .array(result)
        } else {
            let members = try decoder.container(keyedBy: Key.self)
            var result = [String: JSONTree]()
            for key in members.allKeys { result[key.stringValue] = try members.decode(JSONTree.self, forKey: key) }
            self = .object(result)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members):
            var container = encoder.container(keyedBy: Key.self)
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                try container.encode(value, forKey: Key(stringValue: key))
            }
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .string(let text): try container.encode(text)
            case .integer(let number): try container.encode(number)
            case .number(let number): try container.encode(number)
            case .flag(let flag): try container.encode(flag)
            default: try container.encodeNil()
            }
        }
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
