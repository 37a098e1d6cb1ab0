/// Reads a few texts out of a line that holds one JSON object (RFC 8259), without building the rest of it.
///
/// The whole line is checked for JSON's grammar; only the wanted values at the object's top level are decoded. The
/// bytes must be valid UTF-8. Work: one pass, eight bytes at a time within texts.
struct JSONLineScanner {
    /// The keys that are wanted.
    let keys: [[UInt8]]

    /// What a wanted key holds.
    enum Value: Equatable {
        case absent
        case text([UInt8])
        /// Something that is no text, in words.
        case other(String)
    }

    /// Why a line gives no values.
    enum Problem: Error, Equatable {
        /// The offset in the line, and what should have been there.
        case notJSON(offset: Int, expected: String)
        case notAnObject(String)
        case loneSurrogate(offset: Int)
    }

    /// How deep objects and lists may nest.
    static let maximumDepth = 512

    init(keys: [String]) {
        self.keys = keys.map { Array($0.utf8) }
    }

    /// The values of the wanted keys in their order; where a key is there twice, the last counts.
    func scan(_ line: UnsafeRawBufferPointer) throws(Problem) -> [Value] {
        var values = [Value](repeating: .absent, count: keys.count)
        guard let base = line.baseAddress else { throw .notJSON(offset: 0, expected: "an object") }
        var cursor = JSONCursor(base: base, count: line.count)
        cursor.skipSpace()
        guard cursor.peek == UInt8(ascii: "{") else {
            let kind = cursor.kindOfValue
            try cursor.skipValue()
            try cursor.expectEnd()
            throw .notAnObject(kind)
        }
        cursor.advance()
        cursor.skipSpace()
        if cursor.peek == UInt8(ascii: "}") {
            cursor.advance()
        } else {
            repeat {
                cursor.skipSpace()
                let key = try cursor.text()
                cursor.skipSpace()
                try cursor.expect(UInt8(ascii: ":"), "a colon")
                cursor.skipSpace()
                if let index = try index(of: key, in: cursor) {
                    values[index] = try value(&cursor)
                } else {
                    try cursor.skipValue()
                }
                cursor.skipSpace()
            } while cursor.advance(over: UInt8(ascii: ","))
            try cursor.expect(UInt8(ascii: "}"), "a comma or }")
        }
        try cursor.expectEnd()
        return values
    }

    private func value(_ cursor: inout JSONCursor) throws(Problem) -> Value {
        guard cursor.peek == UInt8(ascii: "\"") else {
            let kind = cursor.kindOfValue
            try cursor.skipValue()
            return .other(kind)
        }
        return .text(try cursor.decoded(try cursor.text()))
    }

    private func index(of key: JSONCursor.Text, in cursor: JSONCursor) throws(Problem) -> Int? {
        if key.hasEscapes {
            let decoded = try cursor.decoded(key)
            return keys.firstIndex(of: decoded)
        }
        let bytes = UnsafeRawBufferPointer(start: cursor.base + key.start, count: key.count)
        return keys.firstIndex { $0.count == bytes.count && $0.elementsEqual(bytes) }
    }
}
