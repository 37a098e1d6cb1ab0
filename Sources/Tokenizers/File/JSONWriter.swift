/// Writes JSON with two spaces for each level, members in the order given.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var depth = 0
    /// Whether the list or object being written has something in it.
    private var hasElements = false

    mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }

    /// Writes a key; `value` writes what belongs to it.
    mutating func member(_ key: String, _ value: (inout JSONWriter) -> Void) {
        beginElement()
        text(key)
        bytes += ": ".utf8
        value(&self)
    }

    mutating func list<Element>(_ elements: [Element], _ body: (inout JSONWriter, Element) -> Void) {
        nest("[", "]") { writer in
            for element in elements {
                writer.beginElement()
                body(&writer, element)
            }
        }
    }

    /// A number, a truth value or null.
    mutating func word(_ text: String) { bytes += text.utf8 }

    mutating func text(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes += "\\u00".utf8
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func nest(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
        let outer = hasElements
        hasElements = false
        bytes.append(UInt8(ascii: open))
        depth += 1
        body(&self)
        depth -= 1
        if hasElements { breakLine() }
        bytes.append(UInt8(ascii: close))
        hasElements = outer
    }

    private mutating func beginElement() {
        if hasElements { bytes.append(UInt8(ascii: ",")) }
        hasElements = true
        breakLine()
    }

    private mutating func breakLine() {
        bytes.append(10)
        bytes += repeatElement(UInt8(ascii: " "), count: 2 * depth)
    }
}
