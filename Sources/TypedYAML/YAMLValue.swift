import Diagnostics

/// A node on its way to becoming a typed value: it knows its key and place, so that every refusal names them.
public struct YAMLValue: Sendable {
    public let node: YAMLNode
    public let subject: String
    public let file: String?
    /// The keys from the document's root to this value.
    public let path: [String]

    /// The dotted key.
    public var key: String { path.joined(separator: ".") }

    /// Where this value is written.
    public var location: Diagnostic.Location {
        node.origin.location(file: file, key: path.isEmpty ? nil : key)
    }

    /// A text that may go over several lines and paragraphs, without line breaks at its end.
    public func paragraphs() throws(Diagnostic) -> String {
        guard case .scalar(let text, _) = node.content, !node.isNull else { throw wrongType("text") }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\n" }) else {
            throw Diagnostic(
                "\(subject).wrong-type", "the text holds control characters", at: location, expected: "text")
        }
        return String(text.reversed().drop { $0 == "\n" }.reversed())
    }

    /// The text of a scalar, without control characters and not empty.
    public func text() throws(Diagnostic) -> String {
        guard case .scalar(let text, _) = node.content, !node.isNull else { throw wrongType("text") }
        guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw Diagnostic(
                "\(subject).wrong-type", "the text is empty or holds control characters", at: location,
                expected: "text on one line")
        }
        return text
    }

    /// A whole number in a range.
    public func integer(in range: ClosedRange<Int>) throws(Diagnostic) -> Int {
        let expected =
            range.upperBound == .max
            ? "a whole number of at least \(range.lowerBound)"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return try whole(in: range, expected: expected)
    }

    /// A whole number of at least the given one.
    public func integer(in range: PartialRangeFrom<Int>) throws(Diagnostic) -> Int {
        try integer(in: range.lowerBound...Int.max)
    }

    /// A whole number from 0 to 2^64 − 1.
    public func unsigned() throws(Diagnostic) -> UInt64 {
        try whole(in: 0...UInt64.max, expected: "a whole number from 0 to \(UInt64.max)")
    }

    /// A finite decimal number within bounds.
    public func number(_ bounds: NumberBounds) throws(Diagnostic) -> Double {
        let expected = bounds.described
        guard case .scalar(let text, quoted: false) = node.content, isDecimal(text),
            let number = Double(text.filter { $0 != "_" }), number.isFinite
        else { throw notANumber(expected) }
        guard bounds.contains(number) else { throw outOfRange(expected) }
        return number
    }

    /// One of the words of an enumeration.
    public func choice<Choice>(_ type: Choice.Type = Choice.self) throws(Diagnostic) -> Choice
    where Choice: CaseIterable & RawRepresentable, Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        guard case .scalar(let text, _) = node.content, !node.isNull else {
            throw wrongType("one of \(words.joined(separator: ", "))")
        }
        if let choice = Choice(rawValue: text) { return choice }
        throw Diagnostic(
            "\(subject).unknown-value", "this value is not known", at: location,
            expected: words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))",
            found: "\"\(shown(text))\"",
            remedy: nearestWord(to: text, among: words).map { "did you mean \($0)?" })
    }

    /// A truth value: true or false, or their synonyms on and off.
    public func boolean() throws(Diagnostic) -> Bool {
        switch node.content {
        case .scalar("true", quoted: false), .scalar("on", quoted: false): return true
        case .scalar("false", quoted: false), .scalar("off", quoted: false): return false
        default: throw wrongType("true or false")
        }
    }

    private func whole<Number: FixedWidthInteger>(
        in range: ClosedRange<Number>, expected: String
    ) throws(Diagnostic) -> Number {
        guard case .scalar(let text, quoted: false) = node.content, isDecimal(text), text.allSatisfy({ $0 != "." })
        else { throw notANumber(expected) }
        let digits = text.filter { $0 != "_" }
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }) else {
            throw notANumber(expected)
        }
        // A number of digits too long for the type is out of range, not of another type.
        guard let number = Number(digits), range.contains(number) else { throw outOfRange(expected) }
        return number
    }

    private func wrongType(_ expected: String) -> Diagnostic {
        Diagnostic(
            "\(subject).wrong-type", "the value is of another type", at: location, expected: expected,
            found: node.described)
    }

    private func outOfRange(_ expected: String) -> Diagnostic {
        Diagnostic(
            "\(subject).out-of-range", "the value is out of range", at: location, expected: expected,
            found: node.described)
    }

    /// Explains the common ways of not writing a plain number: a unit, separators, quotes.
    private func notANumber(_ expected: String) -> Diagnostic {
        guard case .scalar(let text, let quoted) = node.content, !node.isNull else { return wrongType(expected) }
        let number = text.prefix { $0.isNumber || "+-.eE_".contains($0) }
        let rest = text.dropFirst(number.count).drop { $0.isWhitespace }
        let isUnit = rest.first.map { $0.isLetter || $0 == "%" } == true && !rest.contains(where: \.isNumber)
        if isDecimal(String(number)), isUnit {
            return Diagnostic(
                "\(subject).wrong-unit", "the number carries a unit", at: location,
                expected: "\(expected), without unit",
                found: node.described, remedy: "the unit is the one in the key's name: convert if need be, and drop it")
        }
        var diagnostic = wrongType(expected)
        let bare = text.filter { !$0.isWhitespace && $0 != "," && $0 != "'" }
        if quoted, isDecimal(text) {
            diagnostic.remedy = "remove the quotes"
        } else if bare != text, isDecimal(bare) {
            diagnostic.remedy = "write it without separators, or with underscores: \(bare)"
        } else if isDecimal(text) {
            diagnostic.remedy = "write it with digits only"
        }
        return diagnostic
    }
}

/// Whether a text is a decimal number: `-12`, `1_000`, `0.5`, `3e-4`; no hexadecimal, infinities or leading zeros.
private func isDecimal(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let whole = takeDigits(&rest)
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
    if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        if takeDigits(&rest).isEmpty { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
        rest.removeFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        if takeDigits(&rest).isEmpty { return false }
    }
    return rest.isEmpty
}

/// Removes leading digits; single underscores may stand between them.
private func takeDigits(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
    var digits = [UInt8]()
    while let byte = rest.first {
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        let next = rest.dropFirst().first
        let joins =
            byte == UInt8(ascii: "_") && !digits.isEmpty
            && next.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
        guard isDigit || joins else { break }
        if isDigit { digits.append(byte) }
        rest.removeFirst()
    }
    return digits
}
