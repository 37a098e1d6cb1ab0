import Diagnostics

/// A strict reader of JSON (RFC 8259): no byte order mark, no text after the value.
struct JSONReader {
    private let bytes: [UInt8]
    private let location: Diagnostic.Location
    private let expected: String
    private var position = 0
    private var depth = 0
    /// No tokeniser's file nests this deep; hostile nesting must not exhaust the stack.
    private static let greatestDepth = 64

    private init(_ bytes: [UInt8], _ location: Diagnostic.Location, expected: String) {
        self.bytes = bytes
        self.location = location
        self.expected = expected
    }

    /// Parses a whole text, which is all of a file or, if `location` has a line, that line.
    ///
    /// Throws `tokenizer.json` with the line of what is not JSON.
    static func parse(
        _ bytes: [UInt8], at location: Diagnostic.Location, expected: String
    ) throws(Diagnostic) -> JSONNode {
        var reader = JSONReader(bytes, location, expected: expected)
        let node = try reader.value()
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.problem("there is text after the end") }
        return node
    }

    private mutating func value() throws(Diagnostic) -> JSONNode {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"): return try nested { (reader) throws(Diagnostic) in try reader.object() }
        case UInt8(ascii: "["): return try nested { (reader) throws(Diagnostic) in try reader.list() }
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func nested(
        _ body: (inout JSONReader) throws(Diagnostic) -> JSONNode
    ) throws(Diagnostic) -> JSONNode {
        guard depth < Self.greatestDepth else { throw problem("lists and objects are nested too deeply") }
        depth += 1
        position += 1
        let node = try body(&self)
        depth -= 1
        return node
    }

    private mutating func object() throws(Diagnostic) -> JSONNode {
        var members: [JSONNode.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw problem("a colon is missing") }
            members.append(.init(key: key, value: try value()))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw problem("a comma or } is missing") }
        }
    }

    private mutating func list() throws(Diagnostic) -> JSONNode {
        var elements: [JSONNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .list(elements) }
        while true {
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .list(elements) }
            guard take(UInt8(ascii: ",")) else { throw problem("a comma or ] is missing") }
        }
    }

    private mutating func word(_ text: StaticString, _ node: JSONNode) throws(Diagnostic) -> JSONNode {
        for offset in 0..<text.utf8CodeUnitCount {
            guard take(text.utf8Start[offset]) else { throw problem("this is no JSON value") }
        }
        return node
    }

    private mutating func number() throws(Diagnostic) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let whole = position
        try digits()
        if position - whole > 1, bytes[whole] == UInt8(ascii: "0") { throw problem("a number begins with 0") }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(Diagnostic) {
        let start = position
        while let byte = peek(), (48...57).contains(byte) { position += 1 }
        if position == start { throw problem("this is no JSON value") }
    }
}

// MARK: - Strings

extension JSONReader {
    private mutating func string() throws(Diagnostic) -> String {
        guard take(UInt8(ascii: "\"")) else { throw problem("a text in quotes is missing") }
        let start = position
        while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if peek() == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position])
        }
        var unescaped = Array(bytes[start..<position])
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(unescaped[...])
            case UInt8(ascii: "\\"): try escape(into: &unescaped)
            case 0..<0x20: throw problem("a text has a control character")
            default: unescaped.append(byte)
            }
        }
        throw problem("a text does not end")
    }

    private func text(_ utf8: ArraySlice<UInt8>) throws(Diagnostic) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else { throw problem("a text is not UTF-8") }
        return text
    }

    /// Reads what follows a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(Diagnostic) {
        let names = Array("\"\\/bfnrt".utf8)
        let values: [UInt8] = [0x22, 0x5C, 0x2F, 8, 12, 10, 13, 9]
        guard let kind = peek() else { throw problem("a text does not end") }
        position += 1
        if let index = names.firstIndex(of: kind) { return text.append(values[index]) }
        guard kind == UInt8(ascii: "u") else { throw problem("an escape in a text is unknown") }
        var units = [try hexadecimal()]
        if UTF16.isLeadSurrogate(units[0]), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            units.append(try hexadecimal())
        }
        guard let character = String(validating: units, as: UTF16.self) else {
            throw problem("an escape in a text is half a character")
        }
        text += character.utf8
    }

    private mutating func hexadecimal() throws(Diagnostic) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek(), byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw problem("four hexadecimal digits are missing")
            }
            position += 1
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}

// MARK: - Bytes

extension JSONReader {
    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func problem(_ message: String) -> Diagnostic {
        var location = location
        if location.line == nil { location.line = 1 + bytes[..<min(position, bytes.count)].count { $0 == 10 } }
        return Diagnostic("tokenizer.json", "this is not JSON: " + message, at: location, expected: expected)
    }
}
