/// Decodes the escapes of a text whose grammar has been checked.
struct EscapeDecoder {
    let source: UnsafeRawBufferPointer
    let target: UnsafeMutableRawBufferPointer
    /// How many bytes of the target hold text.
    private(set) var written = 0

    init(source: UnsafeRawBufferPointer, target: UnsafeMutableRawBufferPointer) {
        (self.source, self.target) = (source, target)
    }

    /// Decodes all; gives the offset of the first lone surrogate.
    mutating func run() -> Int? {
        var at = 0
        while at < source.count {
            // Bytes up to the next backslash are copied as they are.
            let start = at
            while at < source.count, source[at] != UInt8(ascii: "\\") { at += 1 }
            copy(start..<at)
            guard at < source.count else { return nil }
            guard source[at + 1] == UInt8(ascii: "u") else {
                put(simple(source[at + 1]))
                at += 2
                continue
            }
            guard let (scalar, length) = unicode(at) else { return at }
            put(scalar)
            at += length
        }
        return nil
    }

    private mutating func copy(_ range: Range<Int>) {
        guard !range.isEmpty, let from = source.baseAddress, let to = target.baseAddress else { return }
        (to + written).copyMemory(from: from + range.lowerBound, byteCount: range.count)
        written += range.count
    }

    private func simple(_ letter: UInt8) -> Unicode.Scalar {
        switch letter {
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: Unicode.Scalar(letter)
        }
    }

    /// The character of `\uXXXX` at an offset, or of two that make a surrogate pair; `nil` for half of one.
    private func unicode(_ at: Int) -> (Unicode.Scalar, length: Int)? {
        let first = unit(at)
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        guard first < 0xDC00, at + 12 <= source.count, source[at + 6] == UInt8(ascii: "\\"),
            source[at + 7] == UInt8(ascii: "u")
        else { return nil }
        let second = unit(at + 6)
        guard (0xDC00...0xDFFF).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)).map { ($0, 12) }
    }

    private func unit(_ at: Int) -> UInt32 {
        (2..<6).reduce(0) { $0 << 4 | UInt32(hexadecimal(source[at + $1]) ?? 0) }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
            target[written] = byte
            written += 1
        }
    }
}

/// The value of a hexadecimal digit.
func hexadecimal(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70: digit - 55
    case 97...102: digit - 87
    default: nil
    }
}
