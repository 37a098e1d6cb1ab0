/// A place in a line of JSON; every step checks the line's end and the grammar.
struct JSONCursor {
    let base: UnsafeRawPointer
    let count: Int
    private(set) var at = 0

    /// A text's bytes between its quotes.
    struct Text {
        var start: Int
        var count: Int
        var hasEscapes: Bool
    }

    init(base: UnsafeRawPointer, count: Int) {
        (self.base, self.count) = (base, count)
    }

    /// The next byte; 0 at the end.
    var peek: UInt8 { at < count ? base.load(fromByteOffset: at, as: UInt8.self) : 0 }

    mutating func advance() { at += 1 }

    /// Moves over `byte` if it is next, and says whether it was.
    mutating func advance(over byte: UInt8) -> Bool {
        guard at < count, peek == byte else { return false }
        at += 1
        return true
    }

    mutating func skipSpace() {
        while at < count {
            let byte = peek
            guard byte == 32 || byte == 9 || byte == 10 || byte == 13 else { return }
            at += 1
        }
    }

    mutating func expect(_ byte: UInt8, _ what: String) throws(JSONLineScanner.Problem) {
        guard advance(over: byte) else { throw problem(what) }
    }

    mutating func expectEnd() throws(JSONLineScanner.Problem) {
        skipSpace()
        guard at == count else { throw problem("the end of the line") }
    }

    func problem(_ expected: String) -> JSONLineScanner.Problem { .notJSON(offset: at, expected: expected) }

    /// The kind of the value that begins here, in words.
    var kindOfValue: String {
        switch peek {
        case UInt8(ascii: "\""): "a text"
        case UInt8(ascii: "["): "a list"
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "n"): "null"
        default: "a number or a truth value"
        }
    }
}

// MARK: - Texts

extension JSONCursor {
    /// Moves over a text in quotes.
    mutating func text() throws(JSONLineScanner.Problem) -> Text {
        try expect(UInt8(ascii: "\""), "a text in quotes")
        let start = at
        var hasEscapes = false
        while true {
            moveToSpecial()
            guard at < count else { throw problem("a quote that ends the text") }
            switch peek {
            case UInt8(ascii: "\""):
                at += 1
                return Text(start: start, count: at - 1 - start, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            default:
                throw problem("no control characters in a text")
            }
        }
    }

    /// Moves to the next quote, backslash or control character, or the end.
    private mutating func moveToSpecial() {
        let (ones, high): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        while at + 8 <= count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            // The lowest flag is exact: a borrow can raise false ones only above a true one.
            let (quotes, slashes) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
            var flags = (quotes &- ones) & ~quotes
            flags |= (slashes &- ones) & ~slashes
            flags |= (word &- ones &* 0x20) & ~word
            flags &= high
            if flags != 0 {
                at += flags.trailingZeroBitCount / 8
                return
            }
            at += 8
        }
        while at < count {
            let byte = peek
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { return }
            at += 1
        }
    }

    private func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- 48 < 10 || (byte | 0x20) &- 97 < 6
    }

    private mutating func skipEscape() throws(JSONLineScanner.Problem) {
        at += 1
        switch peek {
        case UInt8(ascii: "u"):
            at += 1
            for _ in 0..<4 {
                guard isHexadecimal(peek) else { throw problem("four hexadecimal digits") }
                at += 1
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 1
        default: throw problem("an escape such as \\n")
        }
    }

    /// The text's bytes with escapes decoded: as UTF-8, and never more bytes than before.
    func decoded(_ text: Text) throws(JSONLineScanner.Problem) -> [UInt8] {
        let source = (base + text.start).assumingMemoryBound(to: UInt8.self)
        if !text.hasEscapes { return Array(UnsafeBufferPointer(start: source, count: text.count)) }
        var lone: Int?
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count) { buffer, written in
            guard let target = buffer.baseAddress else { return }
            var decoder = EscapeDecoder(source: source, count: text.count, target: target)
            lone = decoder.run()
            written = decoder.written
        }
        if let lone { throw .loneSurrogate(offset: text.start + lone) }
        return bytes
    }
}
