import Diagnostics

/// A strict reader of the JSON that safetensors headers consist of: objects, strings, arrays of natural numbers.
///
/// It never recurses by itself, so hostile nesting cannot exhaust the stack.
struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private var position = 0
    /// The entry that is being read, for errors.
    var key: String?

    /// Reads from `bytes`, which must stay in place.
    init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    func problem(_ code: String, _ message: String, expected: String? = nil, found: String? = nil) -> Diagnostic {
        Diagnostic(
            "safetensors." + code, message, at: .init(file: file, key: key), expected: expected, found: found)
    }

    /// Reads an object; `member` reads the value that follows each key.
    mutating func object(
        _ member: (_ key: String, _ scanner: inout JSONScanner) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        try list(from: "{", to: "}") { (scanner) throws(Diagnostic) in
            let key = try scanner.string()
            try scanner.expect(":")
            try member(key, &scanner)
        }
    }

    /// Reads an array of at most `limit` natural numbers.
    mutating func integers(atMost limit: Int) throws(Diagnostic) -> [Int] {
        var values: [Int] = []
        try list(from: "[", to: "]") { (scanner) throws(Diagnostic) in
            guard values.count < limit else {
                throw scanner.problem(
                    "header", "a list in the header is too long", expected: "at most \(limit) numbers")
            }
            values.append(try scanner.integer())
        }
        return values
    }

    /// Reads a string, with its escapes.
    mutating func string() throws(Diagnostic) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw problem("header", "the header has a string that is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw unexpected()
            default: text.append(byte)
            }
        }
        throw unexpected()
    }

    /// Checks that nothing but white space is left.
    mutating func end() throws(Diagnostic) {
        skipSpace()
        if position < bytes.count {
            position += 1
            throw unexpected()
        }
    }

    private mutating func list(
        from start: Unicode.Scalar, to end: Unicode.Scalar,
        _ element: (inout JSONScanner) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        try expect(start)
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: end) {
            position += 1
            return
        }
        while true {
            try element(&self)
            skipSpace()
            switch next() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: end): return
            default: throw unexpected()
            }
        }
    }

    private mutating func integer() throws(Diagnostic) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count, case 48...57 = bytes[position] {
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tens.addingReportingOverflow(Int(bytes[position]) - 48)
            guard !tooLarge, !overflows else { throw problem("header", "a number in the header is too large") }
            value = sum
            position += 1
        }
        let digits = position - start
        guard digits > 0, digits == 1 || bytes[start] != 48 else {
            position += 1
            throw unexpected("a natural number")
        }
        return value
    }

    /// Reads what follows a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(Diagnostic) {
        let simple: [(Unicode.Scalar, UInt8)] = [
            ("\"", 34), ("\\", 92), ("/", 47), ("b", 8), ("f", 12), ("n", 10), ("r", 13), ("t", 9),
        ]
        let kind = next()
        if let match = simple.first(where: { UInt8(ascii: $0.0) == kind }) { return text.append(match.1) }
        guard kind == UInt8(ascii: "u") else { throw unexpected() }
        var units = [try hexadecimal()]
        if UTF16.isLeadSurrogate(units[0]) {
            guard next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") else { throw unexpected() }
            units.append(try hexadecimal())
        }
        guard let character = String(validating: units, as: UTF16.self) else { throw unexpected("a character") }
        text += character.utf8
    }

    private mutating func hexadecimal() throws(Diagnostic) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw unexpected("four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    private mutating func expect(_ symbol: Unicode.Scalar) throws(Diagnostic) {
        skipSpace()
        guard next() == UInt8(ascii: symbol) else { throw unexpected("“\(symbol)”") }
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    private mutating func next() -> UInt8? {
        defer { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    /// The diagnostic for the byte that was just read.
    private func unexpected(_ expected: String = "JSON") -> Diagnostic {
        let place = position - 1
        guard bytes.indices.contains(place) else {
            return problem("header", "the header ends too early", expected: expected)
        }
        let byte = bytes[place]
        let shown = (0x21...0x7E).contains(byte) ? "“\(Character(Unicode.Scalar(byte)))”" : "byte \(byte)"
        return problem(
            "header", "the header is not well-formed at its byte \(place)", expected: expected, found: shown)
    }
}
