/// White space in UTF-8: the characters with Unicode's `White_Space` property, found without decoding.
enum WhiteSpace {
    /// The bytes of the white-space character that begins at an index; 0 if another character does.
    @inline(__always)
    static func length(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        let first = bytes[index]
        if first < 0x80 { return first == 32 || (first >= 9 && first <= 13) ? 1 : 0 }
        if first != 0xC2 && (first < 0xE1 || first > 0xE3) { return 0 }
        return lengthBeyondASCII(bytes, at: index)
    }

    /// U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F and U+3000.
    private static func lengthBeyondASCII(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        guard index + 1 < bytes.count else { return 0 }
        let second = bytes[index + 1]
        if bytes[index] == 0xC2 { return second == 0x85 || second == 0xA0 ? 2 : 0 }
        guard index + 2 < bytes.count else { return 0 }
        let third = bytes[index + 2]
        switch (bytes[index], second) {
        case (0xE1, 0x9A), (0xE3, 0x80): return third == 0x80 ? 3 : 0
        case (0xE2, 0x80): return third <= 0x8A || third == 0xA8 || third == 0xA9 || third == 0xAF ? 3 : 0
        case (0xE2, 0x81): return third == 0x9F ? 3 : 0
        default: return 0
        }
    }

    /// What is left of a range without the white space at both its ends.
    static func stripped(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        while start < range.upperBound {
            let length = length(bytes, at: start)
            if length == 0 { break }
            start += length
        }
        guard start < range.upperBound else { return range.upperBound..<range.upperBound }
        var end = range.upperBound
        while end > start {
            var last = end - 1
            while last > start && bytes[last] & 0xC0 == 0x80 { last -= 1 }
            if length(bytes, at: last) != end - last { break }
            end = last
        }
        return start..<end
    }
}
