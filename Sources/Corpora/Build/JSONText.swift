/// Appends JSON to bytes: the one form in which shards and tables are written, so that equal values are equal bytes.
enum JSONText {
    /// Appends a text in quotes; only what JSON demands is escaped.
    static func append(_ text: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if text.withContiguousStorageIfAvailable({ appendRuns($0, to: &bytes) }) == nil {
            Array(text).withUnsafeBufferPointer { appendRuns($0, to: &bytes) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Copies what needs no escape in one go each.
    private static func appendRuns(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        var start = 0
        for (place, byte) in text.enumerated() {
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: text[start..<place])
            appendEscape(of: byte, to: &bytes)
            start = place + 1
        }
        bytes.append(contentsOf: text[start...])
    }

    private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
        case 0x0D: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
        case 0x09: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
        case 0..<0x20:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(hexadecimal[Int(byte >> 4)])
            bytes.append(hexadecimal[Int(byte & 15)])
        default: bytes.append(byte)
        }
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)
}

/// One JSON object on one line, its keys in the order they are given.
struct JSONLine {
    private(set) var bytes: [UInt8]

    init() { bytes = [UInt8(ascii: "{")] }

    /// Goes on after a value that ends with `bytes`.
    init(continuing bytes: [UInt8]) { self.bytes = bytes }

    mutating func write(_ key: String, _ text: String) {
        writeKey(key)
        JSONText.append(text.utf8, to: &bytes)
    }

    mutating func write(_ key: String, text: [UInt8]) {
        writeKey(key)
        JSONText.append(text, to: &bytes)
    }

    /// Nothing where the text is absent.
    mutating func write(_ key: String, _ text: String?) {
        if let text { write(key, text) }
    }

    mutating func write(_ key: String, _ number: Int) {
        writeKey(key)
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Lists of texts.
    mutating func write(_ key: String, _ lists: [[String]]) {
        writeKey(key)
        bytes.append(UInt8(ascii: "["))
        for (number, list) in lists.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "["))
            for (place, text) in list.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.append(text.utf8, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Writes a key and the quote that begins its text, for somebody else to go on with.
    mutating func open(_ key: String) {
        writeKey(key)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Ends the object and its line.
    mutating func end() { bytes.append(contentsOf: [UInt8(ascii: "}"), 10]) }

    private mutating func writeKey(_ key: String) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        JSONText.append(key.utf8, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}
