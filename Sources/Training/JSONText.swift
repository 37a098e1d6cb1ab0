/// Writes JSON as Foundation's encoder does with sorted keys, indentation and plain slashes, byte for byte, in a small part of
/// its time: of a small model's save the index takes as long as all the rest.
///
/// ```swift
/// var json = JSONText()
/// json.object {
///     $0.field("count", 3)
///     $0.list("names", ["a", "b"]) { $0.value($1) }
/// }
/// ```
/// Whoever calls it names the keys in the order of their bytes.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var depth = 0
    /// Whether the object or list at hand has something in it.
    private var isFilled = false

    mutating func object(_ body: (inout JSONText) -> Void) { nested("{", "}", body) }

    mutating func object(_ key: String, _ body: (inout JSONText) -> Void) {
        begin(key)
        object(body)
    }

    mutating func list<Item>(_ key: String, _ items: [Item], _ write: (inout JSONText, Item) -> Void) {
        begin(key)
        list(items, write)
    }

    mutating func list<Item>(_ items: [Item], _ write: (inout JSONText, Item) -> Void) {
        nested("[", "]") { text in
            for item in items {
                text.separate()
                write(&text, item)
            }
            if items.isEmpty { text.bytes.append(UInt8(ascii: "\n")) }
        }
    }

    mutating func field(_ key: String, _ number: Int) {
        begin(key)
        bytes += String(number).utf8
    }

    mutating func field(_ key: String, _ text: String) {
        begin(key)
        value(text)
    }

    /// A string.
    mutating func value(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { append(byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes += "\\\"".utf8
        case UInt8(ascii: "\\"): bytes += "\\\\".utf8
        case 0x08: bytes += "\\b".utf8
        case 0x0C: bytes += "\\f".utf8
        case 0x0A: bytes += "\\n".utf8
        case 0x0D: bytes += "\\r".utf8
        case 0x09: bytes += "\\t".utf8
        case 0..<0x20: bytes += ((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8
        default: bytes.append(byte)
        }
    }

    private mutating func begin(_ key: String) {
        separate()
        value(key)
        bytes += " : ".utf8
    }

    /// Goes to the place of the next member.
    private mutating func separate() {
        if isFilled { bytes.append(UInt8(ascii: ",")) }
        isFilled = true
        breakLine()
    }

    private mutating func nested(
        _ start: Unicode.Scalar, _ end: Unicode.Scalar, _ body: (inout JSONText) -> Void
    ) {
        bytes.append(UInt8(ascii: start))
        depth += 1
        isFilled = false
        body(&self)
        depth -= 1
        isFilled = true
        breakLine()
        bytes.append(UInt8(ascii: end))
    }

    private mutating func breakLine() {
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { bytes += "  ".utf8 }
    }
}
