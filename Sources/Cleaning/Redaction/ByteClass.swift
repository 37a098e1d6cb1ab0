/// What a byte can be part of, as bits.
enum ByteClass {
    /// Ends a stretch: white space and controls of ASCII.
    static let separator: UInt8 = 0
    static let other: UInt8 = 1
    static let digit: UInt8 = 2
    static let letter: UInt8 = 4
    static let at: UInt8 = 8
    static let colon: UInt8 = 16
    static let dot: UInt8 = 32

    /// One class for each byte.
    static let table: [UInt8] = (0...255).map { (byte: Int) -> UInt8 in
        switch UInt8(truncatingIfNeeded: byte) {
        case 0...32, 127: separator
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): letter
        case UInt8(ascii: "@"): at
        case UInt8(ascii: ":"): colon
        case UInt8(ascii: "."): dot
        default: other
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 48 && self <= 57 }
    var isUpper: Bool { self >= 65 && self <= 90 }
    var isLower: Bool { self >= 97 && self <= 122 }
    var isLetter: Bool { isUpper || isLower }
    var isLetterOrDigit: Bool { isLetter || isDigit }
    /// The value of a hexadecimal digit, or `nil`.
    var hexValue: Int? {
        if isDigit { return Int(self) - 48 }
        let lower = self | 32
        return lower >= 97 && lower <= 102 ? Int(lower) - 87 : nil
    }
}
