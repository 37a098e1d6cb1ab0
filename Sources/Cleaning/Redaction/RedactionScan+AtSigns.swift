/// Addresses and account names: both have an at sign.
extension RedactionScan {
    private static let localBytesMax = 64
    private static let domainBytesMax = 253

    mutating func findAtSigns(_ stretch: Range<Int>, emails: Bool, users: Bool) {
        for at in stretch where bytes[at] == UInt8(ascii: "@") {
            if emails, let range = email(at, in: stretch) {
                spans.add(range, .email)
            } else if users, let range = user(at, in: stretch) {
                spans.add(range, .user)
            }
        }
    }

    private func email(_ at: Int, in stretch: Range<Int>) -> Range<Int>? {
        guard let start = localStart(at, stretch.lowerBound), let end = domainEnd(at + 1, stretch.upperBound) else {
            return nil
        }
        // `@name@host`, an account of a federated network, goes as a whole.
        let isHandle = start > stretch.lowerBound && bytes[start - 1] == UInt8(ascii: "@")
        return (isHandle ? start - 1 : start)..<end
    }

    /// Where the part before the sign begins; `nil` if there is none, or none that may stand there.
    private func localStart(_ at: Int, _ lower: Int) -> Int? {
        var start = at
        while start > lower {
            if isLocal(bytes[start - 1]) {
                start -= 1
            } else if start - 1 > lower && isAccentedLatin(start - 2, at) {
                start -= 2
            } else {
                break
            }
            if at - start > Self.localBytesMax { return nil }
        }
        while start < at && !(bytes[start].isLetterOrDigit || bytes[start] == UInt8(ascii: "_") || bytes[start] >= 0x80)
        {
            start += 1
        }
        guard start < at, bytes[at - 1] != UInt8(ascii: "."), bytes[at - 1] != UInt8(ascii: "'") else { return nil }
        return start
    }

    private func isLocal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "%"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "'"):
            true
        default: byte.isLetterOrDigit
        }
    }

    /// Whether U+00C0 to U+024F begins at an index: Latin letters with accents (and two signs among them).
    private func isAccentedLatin(_ index: Int, _ end: Int) -> Bool {
        index + 1 < end && bytes[index] >= 0xC3 && bytes[index] <= 0xC9 && bytes[index + 1] & 0xC0 == 0x80
    }

    /// Where a domain ends that begins at an index: labels up to the last that can be a top-level domain.
    private func domainEnd(_ start: Int, _ upper: Int) -> Int? {
        var labelStart = start
        var labels = 0
        var best: Int?
        while labelStart < upper && labelStart - start <= Self.domainBytesMax {
            var end = labelStart
            while end < upper && (bytes[end].isLetterOrDigit || bytes[end] == UInt8(ascii: "-")) { end += 1 }
            let next = end
            while end > labelStart && bytes[end - 1] == UInt8(ascii: "-") { end -= 1 }
            if end == labelStart || bytes[labelStart] == UInt8(ascii: "-") { break }
            labels += 1
            if labels == 1 && isScaleFactor(labelStart..<end) { return nil }
            let runsOn = next < upper && bytes[next] == UInt8(ascii: "_")
            if labels > 1 && !runsOn && isTopLevel(labelStart..<end) { best = end }
            guard end == next, next < upper, bytes[next] == UInt8(ascii: ".") else { break }
            labelStart = next + 1
        }
        return best
    }

    private func isTopLevel(_ label: Range<Int>) -> Bool {
        guard label.count >= 2, label.count <= 63 else { return false }
        if bytes[label].allSatisfy(\.isLetter) { return label.count <= 24 }
        return label.count > 4 && bytes[label.prefix(4)].elementsEqual("xn--".utf8)
    }

    /// `2x` of `icon@2x.png`.
    private func isScaleFactor(_ label: Range<Int>) -> Bool {
        label.count == 2 && bytes[label.lowerBound].isDigit && bytes[label.lowerBound + 1] | 32 == UInt8(ascii: "x")
    }

    private func user(_ at: Int, in stretch: Range<Int>) -> Range<Int>? {
        if at > stretch.lowerBound {
            let before = bytes[at - 1]
            if before.isLetterOrDigit || "._-/@&=+%~`\\*[]<>$^|#!".utf8.contains(before) { return nil }
        }
        var end = at + 1
        while end < stretch.upperBound && end - at <= 4 * 31 {
            if bytes[end].isLetterOrDigit || "_.-".utf8.contains(bytes[end]) {
                end += 1
            } else if isAccentedLatin(end, stretch.upperBound) {
                end += 2
            } else {
                break
            }
        }
        if end < stretch.upperBound && "@/({".utf8.contains(bytes[end]) { return nil }
        while end > at + 1 && (bytes[end - 1] == UInt8(ascii: ".") || bytes[end - 1] == UInt8(ascii: "-")) { end -= 1 }
        let name = bytes[at + 1..<end]
        let characters = name.count { $0 & 0xC0 != 0x80 }
        guard (3...30).contains(characters), name.contains(where: { $0.isLetter || $0 >= 0x80 }),
            let first = name.first, first.isLetter || first == UInt8(ascii: "_") || first >= 0x80, !isKeyword(name)
        else { return nil }
        return at..<end
    }

    private func isKeyword(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        name.count <= 24
            && Self.keywords.contains(String(decoding: name.map { $0.isUpper ? $0 | 32 : $0 }, as: UTF8.self))
    }

    /// Words behind an at sign in documentation comments, annotations, style sheets and typesetting.
    private static let keywords: Set<String> = [
        "abstractmethod", "article", "async", "author", "autowired", "available", "bean", "book", "brief", "charset",
        "class", "classmethod", "component", "controller", "copyright", "deprecated", "discardableresult", "end",
        "entity",
        "escaping", "example", "exception", "file", "font-face", "implementation", "implements", "import", "include",
        "inject", "inlinable", "interface", "internal", "itemx", "item", "keyframes", "license", "link", "main",
        "media",
        "mixin", "module", "node", "nonnull", "note", "nullable", "objc", "observable", "optional", "override",
        "package",
        "param", "private", "property", "protected", "protocol", "public", "published", "readonly", "rem", "required",
        "return", "returns", "section", "see", "selector", "service", "setter", "since", "static", "staticmethod",
        "subsection", "supports", "suppresswarnings", "synthesize", "test", "testable", "throws", "todo", "type",
        "typedef", "value", "var", "version", "warning", "wraps",
    ]
}
