import Foundation

/// The escapes of roff, such as `\fB`, `\-` and `\(co`.
enum RoffEscapes {
    /// A line's text: fonts and motions dropped, special characters decoded. Escapes that we do not know are dropped.
    static func decode(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var text = [UInt8]()
        text.reserveCapacity(line.count)
        var at = line.startIndex
        while at < line.endIndex {
            if line[at] != UInt8(ascii: "\\") {
                text.append(line[at])
                at += 1
            } else if at + 1 < line.endIndex {
                at = escape(line, at + 1, &text)
                // An escape's name or delimiter may be a character of several bytes.
                while at < line.endIndex, line[at] & 0xC0 == 0x80 { at += 1 }
            } else {
                return text
            }
        }
        return text
    }

    /// A macro's arguments, decoded: separated by blanks, or in quotes within which `""` is a quote.
    static func arguments(_ line: ArraySlice<UInt8>) -> [[UInt8]] {
        var arguments = [[UInt8]]()
        var at = line.startIndex
        while true {
            while at < line.endIndex, line[at] == 32 || line[at] == 9 { at += 1 }
            guard at < line.endIndex else { return arguments }
            if line[at] == UInt8(ascii: "\\"), at + 1 < line.endIndex, line[at + 1] == UInt8(ascii: "\"") {
                return arguments
            }
            var argument = [UInt8]()
            let isQuoted = line[at] == UInt8(ascii: "\"")
            if isQuoted { at += 1 }
            while at < line.endIndex {
                if isQuoted, line[at] == UInt8(ascii: "\"") {
                    guard at + 1 < line.endIndex, line[at + 1] == UInt8(ascii: "\"") else { break }
                    at += 1
                } else if !isQuoted, line[at] == 32 || line[at] == 9 {
                    break
                } else if line[at] == UInt8(ascii: "\\"), at + 1 < line.endIndex {
                    argument.append(line[at])
                    at += 1
                }
                argument.append(line[at])
                at += 1
            }
            if isQuoted, at < line.endIndex { at += 1 }
            arguments.append(decode(argument[...]))
        }
    }

    /// Decodes the escape whose letter is at `at`; gives the offset after it.
    private static func escape(_ line: ArraySlice<UInt8>, _ at: Int, _ text: inout [UInt8]) -> Int {
        switch line[at] {
        case UInt8(ascii: "-"), UInt8(ascii: "."):
            text.append(line[at])
        case UInt8(ascii: "e"), UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "'"), UInt8(ascii: "`"): text.append(line[at])
        case UInt8(ascii: " "), UInt8(ascii: "~"), UInt8(ascii: "0"): text.append(32)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "\""), UInt8(ascii: "#"): return line.endIndex
        case UInt8(ascii: "("), UInt8(ascii: "["):
            let (name, end) = name(line, at)
            text.append(contentsOf: character(name))
            return end
        case UInt8(ascii: "*"):
            let (name, end) = name(line, at + 1)
            text.append(contentsOf: string(name))
            return end
        case UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "m"), UInt8(ascii: "M"), UInt8(ascii: "n"),
            UInt8(ascii: "g"), UInt8(ascii: "k"), UInt8(ascii: "Y"), UInt8(ascii: "V"):
            return name(line, at + 1).end
        case UInt8(ascii: "s"): return size(line, at + 1)
        case UInt8(ascii: "h"), UInt8(ascii: "v"), UInt8(ascii: "w"), UInt8(ascii: "l"), UInt8(ascii: "L"),
            UInt8(ascii: "D"), UInt8(ascii: "N"), UInt8(ascii: "o"), UInt8(ascii: "x"), UInt8(ascii: "b"),
            UInt8(ascii: "X"), UInt8(ascii: "Z"), UInt8(ascii: "H"), UInt8(ascii: "S"):
            return quoted(line, at + 1)
        case 0x80...:
            let end = line[(at + 1)...].firstIndex { $0 & 0xC0 != 0x80 } ?? line.endIndex
            text.append(contentsOf: line[at..<end])
            return end
        default: break
        }
        return at + 1
    }

    /// The name at an offset: one byte, `(xx` or `[…]`; and the offset after it.
    private static func name(_ line: ArraySlice<UInt8>, _ at: Int) -> (name: String, end: Int) {
        guard at < line.endIndex else { return ("", line.endIndex) }
        switch line[at] {
        case UInt8(ascii: "("):
            let end = min(at + 3, line.endIndex)
            return (String(decoding: line[(at + 1)..<end], as: UTF8.self), end)
        case UInt8(ascii: "["):
            guard let close = line[at...].firstIndex(of: UInt8(ascii: "]")) else { return ("", line.endIndex) }
            return (String(decoding: line[(at + 1)..<close], as: UTF8.self), close + 1)
        // The number register's sign: `\n+x`.
        case UInt8(ascii: "+"), UInt8(ascii: "-"): return name(line, at + 1)
        default: return (String(decoding: line[at...at], as: UTF8.self), at + 1)
        }
    }

    /// The offset after a size: `±N`, `(NN`, `[…]` or `'…'`.
    private static func size(_ line: ArraySlice<UInt8>, _ at: Int) -> Int {
        guard at < line.endIndex else { return line.endIndex }
        switch line[at] {
        case UInt8(ascii: "+"), UInt8(ascii: "-"): return size(line, at + 1)
        case UInt8(ascii: "("), UInt8(ascii: "["): return name(line, at).end
        case UInt8(ascii: "'"): return quoted(line, at)
        default:
            let isTwoDigits = (49...51).contains(line[at]) && at + 1 < line.endIndex && (48...57).contains(line[at + 1])
            return at + (isTwoDigits ? 2 : 1)
        }
    }

    /// The offset after what stands between two of the same delimiter.
    private static func quoted(_ line: ArraySlice<UInt8>, _ at: Int) -> Int {
        guard at < line.endIndex else { return line.endIndex }
        return line[(at + 1)...].firstIndex(of: line[at]).map { $0 + 1 } ?? line.endIndex
    }

    private static func string(_ name: String) -> String.UTF8View {
        switch name {
        case "lq": "“".utf8
        case "rq": "”".utf8
        case "R": "®".utf8
        case "Tm": "™".utf8
        default: "".utf8
        }
    }

    /// The character of `\(xx` or `\[…]` (groff_char(7)); nothing where we do not know it.
    private static func character(_ name: String) -> String.UTF8View {
        if name.hasPrefix("u"), let scalar = UInt32(name.dropFirst(), radix: 16).flatMap(Unicode.Scalar.init) {
            return scalar.value == 0 ? "".utf8 : String(scalar).utf8
        }
        if let known = characters[name] { return known.utf8 }
        return accented(name).utf8
    }

    /// A letter with an accent, such as `'e` or `:u`.
    private static func accented(_ name: String) -> String {
        guard name.unicodeScalars.count == 2, let mark = name.first, let letter = name.last else { return "" }
        let combining: [Character: String] = [
            "'": "\u{301}", "`": "\u{300}", "^": "\u{302}", ":": "\u{308}", "~": "\u{303}", ",": "\u{327}",
            "o": "\u{30A}", "v": "\u{30C}",
        ]
        guard letter.isASCII, letter.isLetter, let accent = combining[mark] else { return "" }
        return "\(letter)\(accent)".precomposedStringWithCanonicalMapping
    }

    private static let characters: [String: String] = [
        "aq": "'", "dq": "\"", "lq": "“", "rq": "”", "oq": "‘", "cq": "’", "Fo": "«", "Fc": "»", "fo": "‹", "fc": "›",
        "bq": "‚", "Bq": "„", "em": "—", "en": "–", "hy": "-", "mi": "−", "co": "©", "rg": "®", "tm": "™", "bu": "•",
        "de": "°", "mu": "×", "di": "÷", "+-": "±", "ha": "^", "ti": "~", "rs": "\\", "sl": "/", "ba": "|", "bv": "|",
        "at": "@", "sh": "#", "Do": "$", "ga": "`", "aa": "´", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
        "/o": "ø", "/O": "Ø", "/l": "ł", "/L": "Ł", "-D": "Ð", "Sd": "ð", "Tp": "þ", "TP": "Þ", "r!": "¡", "r?": "¿",
        "->": "→", "<-": "←", "ua": "↑", "da": "↓", "<>": "↔", "<=": "≤", ">=": "≥", "!=": "≠", "==": "≡", "if": "∞",
        "sc": "§", "ps": "¶", "dg": "†", "dd": "‡", "Eu": "€", "eu": "€", "Po": "£", "Ye": "¥", "ct": "¢", "12": "½",
        "14": "¼", "34": "¾", "S1": "¹", "S2": "²", "S3": "³", "Of": "ª", "Om": "º", "pc": "·", "lB": "[", "rB": "]",
        "lC": "{", "rC": "}", "la": "⟨", "ra": "⟩", ".i": "ı",
    ]
}
