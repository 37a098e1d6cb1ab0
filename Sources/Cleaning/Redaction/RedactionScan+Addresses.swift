/// Internet addresses.
extension RedactionScan {
    private static let version6BytesMax = 45

    /// Addresses in a stretch that no span reaches into.
    mutating func findAddresses(_ stretch: Range<Int>) {
        var index = stretch.lowerBound
        // What an address stands behind counts from the last match, as it will the second time.
        var rest = stretch
        while index < stretch.upperBound {
            let byte = bytes[index]
            guard byte.isLetterOrDigit || byte == UInt8(ascii: ":") else {
                index += 1
                continue
            }
            if let end = version6End(index, in: rest) ?? version4End(index, in: rest) {
                if spans.add(index..<end, .address) { rest = end..<stretch.upperBound }
                index = end
            } else if byte == UInt8(ascii: ":") {
                index += 1
            } else {
                while index < stretch.upperBound && bytes[index].isLetterOrDigit { index += 1 }
            }
        }
    }

    // MARK: - Version 4

    private func version4End(_ start: Int, in stretch: Range<Int>) -> Int? {
        guard bytes[start].isDigit, mayBeginVersion4(start, stretch.lowerBound) else { return nil }
        guard let (octets, end) = octets(start, stretch.upperBound) else { return nil }
        if end < stretch.upperBound {
            let next = bytes[end]
            let after = end + 1 < stretch.upperBound ? bytes[end + 1] : 0
            if next.isLetterOrDigit || next == UInt8(ascii: "_") || next == UInt8(ascii: "+")
                || next == UInt8(ascii: "~")
            {
                return nil
            }
            if next == UInt8(ascii: ".") && after.isDigit || next == UInt8(ascii: "-") && after.isLetter { return nil }
        }
        if Self.isNobodys(octets) || octets.allSatisfy({ $0 < 10 }) || followsVersionWord(start) { return nil }
        return end
    }

    private func mayBeginVersion4(_ start: Int, _ lower: Int) -> Bool {
        guard start > lower else { return true }
        let before = bytes[start - 1]
        if before.isLetterOrDigit || before == UInt8(ascii: ".") || before == UInt8(ascii: "_") { return false }
        // `name/1.2.3.4` and `name-1.2.3.4` are versions; `//1.2.3.4` is a host, `1.2.3.4-1.2.3.9` a range.
        guard start - 1 > lower else { return true }
        let first = bytes[start - 2]
        if before == UInt8(ascii: "/") { return !first.isLetterOrDigit }
        return before != UInt8(ascii: "-") || !first.isLetter
    }

    /// Four numbers up to 255 without leading zeros.
    private func octets(_ start: Int, _ upper: Int) -> ([Int], Int)? {
        var octets = [Int]()
        var index = start
        while true {
            let first = index
            var value = 0
            while index < upper && index - first < 4 && bytes[index].isDigit {
                value = value * 10 + Int(bytes[index] - 48)
                index += 1
            }
            guard index > first, value <= 255, index - first == 1 || bytes[first] != 48, index - first <= 3 else {
                return nil
            }
            octets.append(value)
            if octets.count == 4 { return (octets, index) }
            guard index < upper, bytes[index] == UInt8(ascii: ".") else { return nil }
            index += 1
        }
    }

    /// Private (RFC 1918), loopback, link-local, documentation (RFC 5737), multicast and reserved addresses.
    private static func isNobodys(_ octets: [Int]) -> Bool {
        switch (octets[0], octets[1], octets[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (169, 254, _), (172, 16...31, _), (192, 168, _), (192, 0, 2),
            (198, 51, 100), (203, 0, 113), (224..., _, _):
            true
        default: false
        }
    }

    /// Whether the word before, with a few signs between, says that a version follows.
    private func followsVersionWord(_ start: Int) -> Bool {
        var end = start
        while end > 0 && start - end < 4 && " \t:=\"'(>".utf8.contains(bytes[end - 1]) { end -= 1 }
        var first = end
        while first > 0 && end - first < 12 && bytes[first - 1].isLetter { first -= 1 }
        guard first < end else { return false }
        // Not the last part of an address, a name or a key, which may be replaced.
        if first > 0 && (bytes[first - 1].isLetterOrDigit || "@._-+%'/:".utf8.contains(bytes[first - 1])) {
            return false
        }
        let word = String(decoding: bytes[first..<end].map { $0 | 32 }, as: UTF8.self)
        return Self.versionWords.contains(word)
    }

    private static let versionWords: Set<String> = [
        "build", "chapter", "driver", "firmware", "kernel", "release", "rev", "revision", "section", "update", "v",
        "ver",
        "version", "versions",
    ]

    // MARK: - Version 6

    private func version6End(_ start: Int, in stretch: Range<Int>) -> Int? {
        if start > stretch.lowerBound {
            let before = bytes[start - 1]
            if before.isLetterOrDigit || ":._".utf8.contains(before) || before >= 0x80 { return nil }
        }
        var end = start
        var colons = 0
        while end < stretch.upperBound, end - start <= Self.version6BytesMax + 1 {
            if bytes[end] == UInt8(ascii: ":") {
                colons += 1
            } else if bytes[end].hexValue == nil && bytes[end] != UInt8(ascii: ".") {
                break
            }
            end += 1
        }
        guard colons >= 2, end == stretch.upperBound || !(bytes[end].isLetterOrDigit || bytes[end] == UInt8(ascii: "_"))
        else { return nil }
        while end > start && bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
        if end - start > 2 && bytes[end - 1] == UInt8(ascii: ":") && bytes[end - 2] != UInt8(ascii: ":") { end -= 1 }
        guard end - start <= Self.version6BytesMax, let groups = version6Groups(start, end) else { return nil }
        return Self.isNobodys(version6: groups) || !looksLikeAddress(start..<end) ? nil : end
    }

    /// The eight groups of an address in any form of RFC 4291.
    private func version6Groups(_ start: Int, _ end: Int) -> [Int]? {
        var groups = [Int]()
        var gap: Int?
        var index = start
        if end - start >= 2 && bytes[start] == UInt8(ascii: ":") {
            guard bytes[start + 1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            index += 2
        }
        while index < end {
            if let (octets, octetsEnd) = octets(index, end), octetsEnd == end {
                groups += [octets[0] << 8 | octets[1], octets[2] << 8 | octets[3]]
                break
            }
            let first = index
            var value = 0
            while index < end, index - first < 5, let digit = bytes[index].hexValue {
                value = value << 4 | digit
                index += 1
            }
            guard index > first, index - first <= 4 else { return nil }
            groups.append(value)
            if index == end { break }
            guard bytes[index] == UInt8(ascii: ":"), index + 1 < end else { return nil }
            index += 1
            if bytes[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        guard let gap else { return groups.count == 8 ? groups : nil }
        guard groups.count < 8 else { return nil }
        return groups[..<gap] + [Int](repeating: 0, count: 8 - groups.count) + groups[gap...]
    }

    /// Not `a::b` of a programming language: a digit, and three groups or two of which the first has four digits.
    private func looksLikeAddress(_ range: Range<Int>) -> Bool {
        let written = bytes[range].split(separator: UInt8(ascii: ":"))
        return bytes[range].contains(where: \.isDigit)
            && (written.count >= 3 || written.count == 2 && (written.first?.count ?? 0) == 4)
    }

    /// Unspecified, loopback, link-local, unique local, multicast and documentation addresses.
    private static func isNobodys(version6 groups: [Int]) -> Bool {
        if groups[..<7].allSatisfy({ $0 == 0 }) { return groups[7] <= 1 }
        return groups[0] & 0xFFC0 == 0xFE80 || groups[0] & 0xFE00 == 0xFC00 || groups[0] & 0xFF00 == 0xFF00
            || groups[0] == 0x2001 && groups[1] == 0xDB8
    }
}
