import Diagnostics
import Foundation

/// The keys and values of a `config.json`, read strictly: a value of another type or out of range is an error that names
/// file and key.
///
/// Keys that nobody asks for change nothing about the weights or what they compute.
public struct ConfigurationObject {
    /// The file's place, for messages.
    public let file: String
    /// Leads to the object within the file, such as `rope_parameters.`; empty for the file itself.
    private let path: String
    private let members: [String: JSONValue]

    init(json: Data, file: String) throws(Diagnostic) {
        self.file = file
        path = ""
        members = try JSONValue.members(json, file: file, code: "model.configuration")
    }

    private init(file: String, path: String, members: [String: JSONValue]) {
        self.file = file
        self.path = path
        self.members = members
    }

    /// A value that is there and not null, with the first of several spellings that has one.
    private func value(_ keys: [String]) -> (key: String, value: JSONValue)? {
        for key in keys {
            if let value = members[key], value != .null { return (key, value) }
        }
        return nil
    }

    /// Whether one of the keys has a value.
    func has(_ key: String) -> Bool { value([key]) != nil }

    /// A size of the model, under the first of several spellings that is there.
    func size(
        _ keys: String..., in range: ClosedRange<Int>, default fallback: Int? = nil
    ) throws(Diagnostic) -> Int {
        let bounds = "from \(range.lowerBound) to \(range.upperBound)"
        guard let (key, value) = value(keys) else {
            if let fallback, range.contains(fallback) { return fallback }
            throw problem(keys[0], "the model's size is missing", expected: bounds, found: "nothing")
        }
        guard case .integer(let size) = value, range.contains(size) else {
            throw problem(key, "the model's size is not usable", expected: bounds, found: value.described)
        }
        return size
    }

    /// A number greater than zero.
    func positive(_ key: String, default fallback: Double) throws(Diagnostic) -> Double {
        let found = try number(key, default: fallback)
        guard found > 0 else {
            throw problem(key, "the number is not positive", expected: "more than 0", found: "\(found)")
        }
        return found
    }

    /// A finite number.
    func number(_ key: String, default fallback: Double) throws(Diagnostic) -> Double {
        guard let value = value([key])?.value else { return fallback }
        switch value {
        case .number(let found): return found
        case .integer(let found): return Double(found)
        default: throw problem(key, "the value is of another type", expected: "a number", found: value.described)
        }
    }

    func text(_ key: String) throws(Diagnostic) -> String? {
        guard let value = value([key])?.value else { return nil }
        guard case .text(let found) = value else {
            throw problem(key, "the value is of another type", expected: "a string", found: value.described)
        }
        return found
    }

    /// A whole number if the value is one; lists of several ids and the like give `nil`.
    func wholeNumber(_ key: String) -> Int? {
        guard case .integer(let found)? = value([key])?.value else { return nil }
        return found
    }

    func boolean(_ key: String, default fallback: Bool) throws(Diagnostic) -> Bool {
        guard let value = value([key])?.value else { return fallback }
        guard case .boolean(let found) = value else {
            throw problem(key, "the value is of another type", expected: "true or false", found: value.described)
        }
        return found
    }

    /// An object within the object.
    func object(_ key: String) throws(Diagnostic) -> ConfigurationObject? {
        guard let value = value([key])?.value else { return nil }
        guard case .object(let found) = value else {
            throw problem(key, "the value is of another type", expected: "an object", found: value.described)
        }
        return ConfigurationObject(file: file, path: path + key + ".", members: found)
    }

    /// Refuses a switch that is not as Serre has it; a file that leaves it out means `fallback`.
    func require(_ key: String, _ wanted: Bool, default fallback: Bool, _ reason: String) throws(Diagnostic) {
        let found = try boolean(key, default: fallback)
        guard found == wanted else { throw problem(key, reason, expected: "\(wanted)", found: "\(found)") }
    }

    /// Refuses a word that is none of those that Serre has; a file that leaves it out means the first.
    func require(_ key: String, oneOf wanted: [String], _ reason: String) throws(Diagnostic) {
        guard let found = try text(key) else { return }
        guard wanted.contains(found) else {
            throw problem(key, reason, expected: wanted.joined(separator: " or "), found: found)
        }
    }

    /// Refuses a key that has any value.
    func refuse(_ key: String, _ reason: String) throws(Diagnostic) {
        guard let value = value([key])?.value else { return }
        throw problem(key, reason, expected: "null, or no such key", found: value.described)
    }

    func problem(_ key: String, _ message: String, expected: String, found: String) -> Diagnostic {
        Diagnostic(
            "model.configuration", message, at: .init(file: file, key: path + key), expected: expected, found: found)
    }
}
