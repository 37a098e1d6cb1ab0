/// Values that are not wanted: checked and passed over.
extension JSONCursor {
    /// Moves over any value, in which objects and lists may nest up to the scanner's depth.
    mutating func skipValue(depth: Int = 0) throws(JSONLineScanner.Problem) {
        guard depth < JSONLineScanner.maximumDepth else {
            throw problem("at most \(JSONLineScanner.maximumDepth) objects and lists in one another")
        }
        switch peek {
        case UInt8(ascii: "\""): _ = try text()
        case UInt8(ascii: "{"): try skipObject(depth: depth)
        case UInt8(ascii: "["): try skipList(depth: depth)
        case UInt8(ascii: "t"): try skipWord("true")
        case UInt8(ascii: "f"): try skipWord("false")
        case UInt8(ascii: "n"): try skipWord("null")
        default: try skipNumber()
        }
    }

    private mutating func skipObject(depth: Int) throws(JSONLineScanner.Problem) {
        advance()
        skipSpace()
        if advance(over: UInt8(ascii: "}")) { return }
        repeat {
            skipSpace()
            _ = try text()
            skipSpace()
            try expect(UInt8(ascii: ":"), "a colon")
            skipSpace()
            try skipValue(depth: depth + 1)
            skipSpace()
        } while advance(over: UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"), "a comma or }")
    }

    private mutating func skipList(depth: Int) throws(JSONLineScanner.Problem) {
        advance()
        skipSpace()
        if advance(over: UInt8(ascii: "]")) { return }
        repeat {
            skipSpace()
            try skipValue(depth: depth + 1)
            skipSpace()
        } while advance(over: UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"), "a comma or ]")
    }

    private mutating func skipWord(_ word: StaticString) throws(JSONLineScanner.Problem) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard advance(over: word.utf8Start[offset]) else { throw problem("\(word)") }
        }
    }

    private mutating func skipNumber() throws(JSONLineScanner.Problem) {
        _ = advance(over: UInt8(ascii: "-"))
        if !advance(over: UInt8(ascii: "0")) { try skipDigits("a value") }
        if advance(over: UInt8(ascii: ".")) { try skipDigits("a digit") }
        if advance(over: UInt8(ascii: "e")) || advance(over: UInt8(ascii: "E")) {
            if !advance(over: UInt8(ascii: "+")) { _ = advance(over: UInt8(ascii: "-")) }
            try skipDigits("a digit")
        }
    }

    private mutating func skipDigits(_ expected: String) throws(JSONLineScanner.Problem) {
        let start = at
        while (48...57).contains(peek) { advance() }
        guard at > start else { throw problem(expected) }
    }
}
