/// Texts as JSON has them: in quotes, and escaped where that is demanded (RFC 8259, section 7).
///
/// One form for each choice of ``ControlNames``, so that equal texts are equal bytes.
package enum JSONString {
    /// Which control characters have an escape of one letter; all others are written as `\u00` and two digits.
    package enum ControlNames: Sendable {
        case none
        /// Line feed, carriage return and tabulator.
        case common
        /// These, backspace and form feed: all that JSON has names for.
        case all
    }

    /// Appends a text of UTF-8 in quotes.
    @inline(__always)
    package static func append(
        _ text: some Collection<UInt8>, to bytes: inout [UInt8], naming names: ControlNames = .common
    ) {
        bytes.append(quote)
        if text.withContiguousStorageIfAvailable({ appendRuns($0, to: &bytes, names) }) == nil {
            Array(text).withUnsafeBufferPointer { appendRuns($0, to: &bytes, names) }
        }
        bytes.append(quote)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Copies what needs no escape in one go each.
    private static func appendRuns(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8], _ names: ControlNames) {
        var start = 0
        for (place, byte) in text.enumerated() {
            guard byte < 0x20 || byte == quote || byte == backslash else { continue }
            bytes.append(contentsOf: text[start..<place])
            bytes.append(contentsOf: escape(of: byte, names))
            start = place + 1
        }
        bytes.append(contentsOf: text[start...])
    }

    private static func escape(of byte: UInt8, _ names: ControlNames) -> [UInt8] {
        if byte == quote || byte == backslash { return [backslash, byte] }
        if let name = name(of: byte, names) { return [backslash, name] }
        return Array("\\u00".utf8) + [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
    }

    private static func name(of byte: UInt8, _ names: ControlNames) -> UInt8? {
        switch (byte, names) {
        case (0x0A, .common), (0x0A, .all): UInt8(ascii: "n")
        case (0x0D, .common), (0x0D, .all): UInt8(ascii: "r")
        case (0x09, .common), (0x09, .all): UInt8(ascii: "t")
        case (0x08, .all): UInt8(ascii: "b")
        case (0x0C, .all): UInt8(ascii: "f")
        default: nil
        }
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)
}
