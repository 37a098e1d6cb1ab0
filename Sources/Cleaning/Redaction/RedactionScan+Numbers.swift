/// Telephone numbers and identifiers, which are off unless asked for.
extension RedactionScan {
    private static let identifierBytesMax = 24

    /// Identifiers in a stretch that no span reaches into.
    mutating func findIdentifiers(_ gap: Range<Int>) {
        var index = gap.lowerBound
        /// Where the last identifier ended, or the gap begins.
        var apart = gap.lowerBound
        while index < gap.upperBound {
            guard bytes[index].isLetterOrDigit else {
                index += 1
                continue
            }
            let start = index
            while index < gap.upperBound && (bytes[index].isLetterOrDigit || bytes[index] == UInt8(ascii: "-")) {
                index += 1
            }
            var end = index
            while bytes[end - 1] == UInt8(ascii: "-") { end -= 1 }
            let digits = bytes[start..<end].count(where: \.isDigit)
            if digits >= 6, 2 * digits >= end - start, end - start <= Self.identifierBytesMax,
                !isDate(start..<end), isAlone(start..<end, apart..<gap.upperBound)
            {
                if spans.add(start..<end, .identifier) { apart = end }
            }
        }
    }

    /// Whether the stretch has no other digits near: otherwise this is a part of what was looked at, and refused, as a number.
    private func isAlone(_ range: Range<Int>, _ gap: Range<Int>) -> Bool {
        var index = range.upperBound
        while index < gap.upperBound && index - range.upperBound < 3 && isNumberSign(bytes[index]) { index += 1 }
        if index < gap.upperBound && bytes[index].isDigit { return false }
        index = range.lowerBound - 1
        while index >= gap.lowerBound && range.lowerBound - index < 4 && isNumberSign(bytes[index]) { index -= 1 }
        return index < gap.lowerBound || !bytes[index].isDigit
    }

    private func isNumberSign(_ byte: UInt8) -> Bool { "+ ()./-".utf8.contains(byte) }

    /// Telephone numbers in a stretch that no span reaches into.
    mutating func findNumbers(_ gap: Range<Int>) {
        var index = gap.lowerBound
        while index < gap.upperBound {
            let byte = bytes[index]
            guard byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "(") else {
                index += 1
                continue
            }
            let end = numberEnd(index, gap.upperBound)
            let begins = index == 0 || !bytes[index - 1].isLetterOrDigit
            let ends = end == bytes.count || !bytes[end].isLetterOrDigit
            if begins && ends && isNumber(index..<end) { spans.add(index..<end, .number) }
            index = max(end, index + 1)
        }
    }

    /// Where digits end, with at most two signs between any two.
    private func numberEnd(_ start: Int, _ upper: Int) -> Int {
        var end = start
        var index = start
        var signs = 0
        while index < upper {
            if bytes[index].isDigit {
                signs = 0
                end = index + 1
            } else if index > start && (signs == 2 || !" ()./-".utf8.contains(bytes[index])) {
                break
            } else {
                signs += 1
            }
            index += 1
        }
        return end
    }

    private func isNumber(_ range: Range<Int>) -> Bool {
        let digits = bytes[range].count(where: \.isDigit)
        guard (8...15).contains(digits), let first = bytes[range].first, !isDate(range) else { return false }
        return first == UInt8(ascii: "+") || first == UInt8(ascii: "(") || first == 48 || digits < range.count
    }

    /// Whether the groups of digits begin like a date: year first or last, or three groups of two.
    func isDate(_ range: Range<Int>) -> Bool {
        let groups = bytes[range].split(whereSeparator: { !$0.isDigit })
        let sizes = groups.prefix(3).map(\.count)
        func value(_ group: Int) -> Int { groups[group].reduce(0) { $0 * 10 + Int($1 - 48) } }
        func isYear(_ group: Int) -> Bool { groups[group].count == 4 && (1000...2999).contains(value(group)) }
        if sizes.count == 2 { return sizes == [4, 4] && isYear(0) && isYear(1) || isYear(0) && sizes[1] <= 2 }
        if sizes.count == 1 {
            guard sizes == [8], range.count == 8 else { return false }
            let number = value(0)
            let month = number / 100 % 100
            return (1000...2999).contains(number / 10000) && (1...12).contains(month) && (1...31).contains(number % 100)
        }
        guard sizes.count == 3, sizes.allSatisfy({ $0 == 4 || $0 <= 2 }) else { return false }
        func isMonthAndDay(_ a: Int, _ b: Int) -> Bool {
            let (a, b) = (value(a), value(b))
            return (1...12).contains(a) && (1...31).contains(b) || (1...31).contains(a) && (1...12).contains(b)
        }
        if isYear(0) { return isMonthAndDay(1, 2) }
        // Years of two digits are believed of three groups alone: telephone numbers come in groups of two as well.
        return sizes[0] <= 2 && (isYear(2) || sizes[2] == 2 && groups.count == 3) && isMonthAndDay(0, 1)
    }
}
