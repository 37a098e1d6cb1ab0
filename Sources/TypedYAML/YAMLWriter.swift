/// Writes sections and values as deterministic YAML: two spaces per level, keys in the order they are given.
///
/// Numbers are written with the fewest digits that read back to the same value; text is quoted where it could be taken
/// for something else.
public struct YAMLWriter: Sendable {
    /// What has been written.
    public private(set) var text = ""
    private var depth = 0
    private var opensItem = false

    public init() {}

    /// Writes a key and what `body` writes below it.
    public mutating func section(_ key: String, _ body: (inout YAMLWriter) -> Void) {
        line("\(key):")
        depth += 1
        body(&self)
        depth -= 1
    }

    /// Writes a key and a text.
    public mutating func write(_ key: String, _ value: String) { line("\(key): \(Self.quotedIfNeeded(value))") }

    /// Writes a key and a whole number.
    public mutating func write(_ key: String, _ value: some FixedWidthInteger) { line("\(key): \(value)") }

    /// Writes a key and a truth value.
    public mutating func write(_ key: String, _ value: Bool) { line("\(key): \(value)") }

    /// Writes a key and a number.
    public mutating func write(_ key: String, _ value: Double) { line("\(key): \(Self.number(value))") }

    /// Writes a key and a value with its source on one line, and what it holds for if that is said.
    public mutating func write(
        _ key: String, _ value: Double, source: String, scope: String? = nil, year: Int? = nil
    ) {
        let place = scope.map { ", scope: \(Self.quoted($0))" } ?? ""
        let time = year.map { ", year: \($0)" } ?? ""
        line("\(key): {value: \(Self.number(value))\(place)\(time), source: \(Self.quoted(source))}")
    }

    /// A number with the fewest digits that read back to it; whole numbers below 2^53 without a fraction.
    public static func number(_ value: Double) -> String {
        if value == value.rounded(), value.magnitude < 0x1p53 { return String(Int64(value)) }
        return "\(value)"
    }

    private mutating func line(_ content: String) {
        let indent = String(repeating: "  ", count: depth)
        // The first line of a list's element carries the dash where the others have space.
        text += (opensItem ? indent.dropLast(2) + "- " : indent[...]) + content + "\n"
        opensItem = false
    }

    /// For the extensions that write lists.
    mutating func writeLine(_ content: String) { line(content) }

    /// Writes one element of a list: a section whose first line has a dash.
    mutating func item(_ body: (inout YAMLWriter) -> Void) {
        depth += 2
        opensItem = true
        body(&self)
        opensItem = false
        depth -= 2
    }

    static func quotedIfNeeded(_ value: String) -> String {
        let first = value.utf8.first.map { isLetter($0) } ?? false
        let plain = value.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || "-_./".utf8.contains($0) }
        let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(value.lowercased())
        return first && plain && !reserved ? value : quoted(value)
    }

    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}":
                text += "\\U" + String(repeating: "0", count: 8 - hex(scalar).count) + hex(scalar)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String { String(scalar.value, radix: 16) }
    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
}
