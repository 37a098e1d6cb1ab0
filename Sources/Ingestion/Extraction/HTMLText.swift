/// Takes the text out of a page in HTML: what a reader of its body would see, without any layout.
///
/// Scripts, styles, the head and comments are left out, blocks become paragraphs, references such as `&eacute;` and
/// `&#233;` characters. It follows the tags as they are written and builds no tree, so that broken pages give text too.
struct HTMLText {
    private let source: [UInt8]
    private var at = 0
    private var text = FlowingText()
    /// How many `pre` elements are open.
    private var preformatted = 0

    /// Elements whose content is no text.
    private static let silent: Set<String> = [
        "script", "style", "head", "template", "noscript", "svg", "math", "iframe",
    ]
    private static let paragraphs: Set<String> = [
        "address", "article", "aside", "blockquote", "body", "details", "div", "dl", "fieldset", "figure", "footer",
        "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table",
        "title", "ul",
    ]
    private static let lines: Set<String> = ["br", "dd", "dt", "figcaption", "li", "option", "summary", "tr"]
    private static let words: Set<String> = ["td", "th"]

    init(_ source: [UInt8]) { self.source = source }

    mutating func run() -> [UInt8] {
        while at < source.count {
            switch source[at] {
            case UInt8(ascii: "<"): takeMarkup()
            case UInt8(ascii: "&"): takeReference()
            default:
                let end =
                    source[at...].firstIndex { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&") } ?? source.count
                write(source[at..<end])
                at = end
            }
        }
        return text.finish()
    }

    private mutating func write(_ bytes: some Collection<UInt8>) {
        if preformatted > 0 { text.appendVerbatim(bytes) } else { text.append(bytes) }
    }

    // MARK: - Tags

    private mutating func takeMarkup() {
        if starts(with: "<!--") {
            at = end(of: "-->", from: at + 4)
            return
        }
        let isClosing = at + 1 < source.count && source[at + 1] == UInt8(ascii: "/")
        let nameStart = at + (isClosing ? 2 : 1)
        guard nameStart < source.count else { return takeLiteral() }
        let first = source[nameStart]
        if first == UInt8(ascii: "!") || first == UInt8(ascii: "?") {
            at = end(of: ">", from: nameStart)
            return
        }
        guard isLetter(first) else { return takeLiteral() }
        let nameEnd = source[nameStart...].firstIndex { !isLetter($0) && !(48...57).contains($0) } ?? source.count
        let name = String(decoding: source[nameStart..<nameEnd], as: UTF8.self).lowercased()
        at = tagEnd(from: nameEnd)
        if HTMLText.silent.contains(name), !isClosing {
            if source[at - 2] != UInt8(ascii: "/") { skipElement(name) }
        } else {
            take(name, isClosing: isClosing)
        }
    }

    /// A `<` that begins no tag.
    private mutating func takeLiteral() {
        write([source[at]])
        at += 1
    }

    private mutating func take(_ name: String, isClosing: Bool) {
        if HTMLText.paragraphs.contains(name) {
            text.endParagraph()
        } else if HTMLText.lines.contains(name) {
            text.endLine()
        } else if HTMLText.words.contains(name) {
            text.endWord()
        }
        if name == "pre" { preformatted = max(preformatted + (isClosing ? -1 : 1), 0) }
    }

    /// The offset after a tag's `>`, which does not count within quotes.
    private func tagEnd(from start: Int) -> Int {
        var quote: UInt8?
        for index in start..<source.count {
            switch (source[index], quote) {
            case (let byte, let open?) where byte == open: quote = nil
            case (UInt8(ascii: "\""), nil), (UInt8(ascii: "'"), nil): quote = source[index]
            case (UInt8(ascii: ">"), nil): return index + 1
            default: break
            }
        }
        return source.count
    }

    /// Moves after the end tag of an element without text; where there is none, to the end.
    private mutating func skipElement(_ name: String) {
        let wanted = Array("</\(name)".utf8)
        while at + wanted.count <= source.count {
            if source[at] == UInt8(ascii: "<"),
                zip(source[at...], wanted).allSatisfy({ $0 == $1 || ($0 | 0x20 == $1 && isLetter($0)) })
            {
                at = end(of: ">", from: at)
                return
            }
            at += 1
        }
        at = source.count
    }

    private func starts(with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        return source.count - at >= count && (0..<count).allSatisfy { source[at + $0] == word.utf8Start[$0] }
    }

    /// The offset after the next `word`; the end where there is none.
    private func end(of word: String, from start: Int) -> Int {
        let wanted = Array(word.utf8)
        var index = start
        while index + wanted.count <= source.count {
            if source[index..<index + wanted.count].elementsEqual(wanted) { return index + wanted.count }
            index += 1
        }
        return source.count
    }

    private func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) && byte < 0x80 }

    // MARK: - References

    private mutating func takeReference() {
        let bytes = source[(at + 1)...].prefix(32)
        guard let end = bytes.firstIndex(of: UInt8(ascii: ";")),
            let character = HTMLCharacters.character(String(decoding: source[(at + 1)..<end], as: UTF8.self))
        else { return takeLiteral() }
        write(Array(String(character).utf8))
        at = end + 1
    }
}
