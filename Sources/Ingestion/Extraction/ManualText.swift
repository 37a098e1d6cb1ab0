/// Takes the running text out of a manual page in roff, with the macros of man(7) or mdoc(7).
///
/// Fonts, sizes and spacing are dropped, headings and paragraphs become paragraphs, lines in no-fill mode stay lines.
/// Nothing is executed: definitions and conditional blocks are left out, `.so` is not followed, and tables are given as
/// they are written.
struct ManualText {
    private var text = FlowingText()
    private var isFilling = true
    /// What ends the lines that are being passed over: the end of a definition, or of a conditional's block.
    private var skipping: Skipping?

    private enum Skipping: Equatable {
        case definition(end: [UInt8])
        case block(depth: Int)
    }

    /// Takes the next line of the source, without its end.
    mutating func take(_ source: ArraySlice<UInt8>) {
        let line = source.last == 13 ? source.dropLast() : source
        if skip(line) { return }
        let isRequest = line.first == UInt8(ascii: ".") || line.first == UInt8(ascii: "'")
        if isRequest { request(line) } else { plain(line) }
    }

    consuming func finish() -> [UInt8] { text.finish() }

    /// Whether the line belongs to what is passed over.
    private mutating func skip(_ line: ArraySlice<UInt8>) -> Bool {
        switch skipping {
        case nil: return false
        case .definition(let end):
            if line.starts(with: end) { skipping = nil }
        case .block(let depth):
            let left = depth + braces(in: line)
            skipping = left > 0 ? .block(depth: left) : nil
        }
        return true
    }

    /// How many blocks a line opens, less those that it closes.
    private func braces(in line: ArraySlice<UInt8>) -> Int {
        zip(line, line.dropFirst()).reduce(0) { sum, pair in
            guard pair.0 == UInt8(ascii: "\\") else { return sum }
            return sum + (pair.1 == UInt8(ascii: "{") ? 1 : pair.1 == UInt8(ascii: "}") ? -1 : 0)
        }
    }

    private mutating func plain(_ line: ArraySlice<UInt8>) {
        let decoded = RoffEscapes.decode(line)
        if isFilling {
            // A blank line is a paragraph, and a line that begins with a blank breaks.
            if line.isEmpty { text.endParagraph() }
            if line.first == 32 { text.endLine() }
            text.append(decoded)
            text.endWord()
        } else {
            text.appendVerbatim(decoded + [10])
        }
    }

    // MARK: - Requests and macros

    private mutating func request(_ line: ArraySlice<UInt8>) {
        let rest = line.dropFirst().drop { $0 == 32 || $0 == 9 }
        let nameEnd = rest.firstIndex { $0 == 32 || $0 == 9 || $0 == UInt8(ascii: "\\") } ?? rest.endIndex
        let name = String(decoding: rest[..<nameEnd], as: UTF8.self)
        let arguments = RoffEscapes.arguments(rest[nameEnd...])
        switch name {
        case "SH", "SS", "Sh", "Ss":
            isFilling = true
            paragraph(arguments, separator: [32])
        case "PP", "P", "LP", "HP", "Pp", "sp", "TP", "TQ", "It", "Bl", "El":
            name == "TP" || name == "TQ" ? text.endLine() : text.endParagraph()
            if name == "It" { write(mdocWords(arguments), separator: [32]) }
        case "IP":
            text.endParagraph()
            write(arguments.prefix(1), separator: [32])
        case "br", "RS", "RE", "D1", "Dl": text.endLine()
        case "nf", "EX", "Bd": setFilling(false)
        case "fi", "EE", "Ed": setFilling(true)
        case "B", "I", "SM", "SB", "R", "UR", "MT", "SY": write(arguments, separator: [32])
        case "BI", "IB", "BR", "RB", "IR", "RI", "CB", "CR", "CI": write(arguments, separator: [])
        case "UE", "ME": write(arguments.prefix(1), separator: [])
        case "de", "de1", "am", "ig":
            let end = arguments.count > (name == "ig" ? 0 : 1) ? arguments[name == "ig" ? 0 : 1] : [UInt8(ascii: ".")]
            skipping = .definition(end: [UInt8(ascii: ".")] + end)
        case "if", "ie", "el":
            let depth = braces(in: line)
            if depth > 0 { skipping = .block(depth: depth) }
        default: mdoc(name, arguments)
        }
    }

    private mutating func setFilling(_ filling: Bool) {
        text.endLine()
        isFilling = filling
    }

    private mutating func paragraph(_ arguments: [[UInt8]], separator: [UInt8]) {
        text.endParagraph()
        write(arguments[...], separator: separator)
        text.endParagraph()
    }

    private mutating func write(_ arguments: some Collection<[UInt8]>, separator: [UInt8]) {
        let line = Array(arguments.joined(separator: separator))
        if isFilling {
            text.append(line)
            text.endWord()
        } else if !line.isEmpty {
            text.appendVerbatim(line + [10])
        }
    }

    /// Macros of mdoc give their words; all others are layout and give nothing.
    private mutating func mdoc(_ name: String, _ arguments: [[UInt8]]) {
        guard ManualText.mdocMacros.contains(name) else { return }
        let call = name == "Fl" ? [Array("Fl".utf8)] + arguments : arguments
        write(mdocWords(call), separator: [32])
    }

    /// The words of a line of mdoc, in which further macros may stand; `Fl x` is `-x`.
    private func mdocWords(_ arguments: [[UInt8]]) -> [[UInt8]] {
        var words = [[UInt8]]()
        var isFlag = false
        for argument in arguments {
            let name = String(decoding: argument, as: UTF8.self)
            if name == "Fl" { isFlag = true; continue }
            if ManualText.mdocMacros.contains(name) || name == "Ns" || name == "No" { continue }
            words.append(isFlag ? [UInt8(ascii: "-")] + argument : argument)
            isFlag = false
        }
        return words
    }

    private static let mdocMacros: Set<String> = [
        "Ad", "An", "Ap", "Aq", "Ar", "Bq", "Brq", "Cm", "Dq", "Dv", "Em", "Er", "Ev", "Fa", "Fl", "Fn", "Ic", "Lb",
        "Li",
        "Lk", "Ms", "Mt", "Nd", "Nm", "Oc", "Oo", "Op", "Ox", "Pa", "Pf", "Pq", "Ql", "Qq", "Sq", "St", "Sx", "Sy",
        "Tn",
        "Va", "Vt", "Xr",
    ]
}
