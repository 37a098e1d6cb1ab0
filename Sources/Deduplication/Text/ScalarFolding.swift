/// What near-duplicate detection sees of a character: lower case, white space as one space, no punctuation.
///
/// From the standard library's Unicode tables, so that a toolchain with newer ones can see a new character differently.
enum ScalarFolding {
    /// Stands for a character that is left out: punctuation, symbols, controls and format characters.
    static let ignored: UInt32 = 0
    /// Stands for white space.
    static let space: UInt32 = 0x20
    /// Planes 0 and 1: what every scalar below 0x20000 is folded to. Above lie ideographs, which are their own folding.
    static let table: [UInt32] = (0..<0x20000).map { fold($0) }

    private static func fold(_ value: UInt32) -> UInt32 {
        guard let scalar = Unicode.Scalar(value) else { return ignored }
        let properties = scalar.properties
        if properties.isWhitespace { return space }
        switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol, .control,
            .format, .surrogate:
            return ignored
        default:
            guard properties.changesWhenLowercased else { return value }
            return properties.lowercaseMapping.unicodeScalars.first?.value ?? value
        }
    }
}

/// Decodes the scalar at an index, which moves past it. Bytes that are not UTF-8 stand for themselves.
@inline(__always)
func decodeScalar(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> UInt32 {
    let first = UInt32(bytes[index])
    let length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    guard length > 1, index + length <= bytes.count else {
        index += 1
        return first
    }
    var value = first & (0x7F >> UInt32(length))
    for next in index + 1..<index + length { value = value << 6 | UInt32(bytes[next] & 0x3F) }
    index += length
    return value
}
