/// A text of a corpus with what is known of it: a line of a shard.
public struct CorpusText: Sendable, Equatable {
    /// The digest of the text, `sha256:…`: its name for life.
    public var id = ""
    public var language = ""
    public var licence: String?
    /// The place below the source's root.
    public var place = ""
    /// The name of the source.
    public var source = ""
    public var split = Split.train
    public var url: String?
    /// The text in UTF-8.
    public var bytes: [UInt8] = []

    /// Reads a line; `nil` where it is not one that a build writes: an object of texts with the known keys.
    init?(parsing line: UnsafeRawBufferPointer) {
        var fields = FieldReader(line)
        guard fields.take(UInt8(ascii: "{")) else { return nil }
        repeat {
            guard let key = fields.text(), fields.take(UInt8(ascii: ":")), let value = fields.text(), set(key, value)
            else { return nil }
        } while fields.take(UInt8(ascii: ","))
        guard fields.take(UInt8(ascii: "}")), fields.isAtEnd, !id.isEmpty, !language.isEmpty else { return nil }
    }

    private mutating func set(_ key: [UInt8], _ value: [UInt8]) -> Bool {
        func text() -> String { String(decoding: value, as: UTF8.self) }
        switch String(decoding: key, as: UTF8.self) {
        case "id": id = text()
        case "lang": language = text()
        case "licence": licence = text()
        case "place": place = text()
        case "source": source = text()
        case "text": bytes = value
        case "url": url = text()
        case "split":
            guard let known = Split(rawValue: text()) else { return false }
            split = known
        default: return false
        }
        return true
    }
}

/// Reads the texts and signs of a line as ``JSONString`` writes them.
private struct FieldReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func text() -> [UInt8]? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var text = [UInt8]()
        var start = position
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                text.append(contentsOf: bytes[start..<position - 1])
                return text
            }
            guard byte == UInt8(ascii: "\\") else { continue }
            text.append(contentsOf: bytes[start..<position - 1])
            guard let escaped = escape() else { return nil }
            text.append(escaped)
            start = position
        }
        return nil
    }

    private mutating func escape() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        switch bytes[position - 1] {
        case UInt8(ascii: "\""): return UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "u"):
            guard bytes.count - position >= 4 else { return nil }
            let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
            position += 4
            return UInt8(digits, radix: 16)
        default: return nil
        }
    }
}
