/// The offset of the first byte that begins no valid UTF-8 sequence; `nil` if all bytes are valid.
///
/// Valid is what table 3-7 of the Unicode standard allows: no surrogates, no over-long forms, nothing over U+10FFFF.
package func firstInvalidUTF8Offset(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    let end = bytes.count
    var at = 0
    while at < end {
        // Eight ASCII bytes at once.
        while at + 8 <= end, base.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
            at += 8
        }
        guard at < end else { return nil }
        let lead = base.load(fromByteOffset: at, as: UInt8.self)
        if lead < 0x80 {
            at += 1
            continue
        }
        let length = sequenceLength(base + at, end - at, lead)
        if length == 0 { return at }
        at += length
    }
    return nil
}

/// The length of the sequence that begins with `lead`, which is not ASCII; 0 if it is not valid.
@inline(__always)
private func sequenceLength(_ base: UnsafeRawPointer, _ available: Int, _ lead: UInt8) -> Int {
    func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }
    func continues(_ offset: Int) -> Bool { byte(offset) & 0xC0 == 0x80 }
    switch lead {
    case 0xC2...0xDF:
        return available >= 2 && continues(1) ? 2 : 0
    case 0xE0...0xEF:
        guard available >= 3, continues(1), continues(2) else { return 0 }
        if lead == 0xE0, byte(1) < 0xA0 { return 0 }
        if lead == 0xED, byte(1) > 0x9F { return 0 }
        return 3
    case 0xF0...0xF4:
        guard available >= 4, continues(1), continues(2), continues(3) else { return 0 }
        if lead == 0xF0, byte(1) < 0x90 { return 0 }
        if lead == 0xF4, byte(1) > 0x8F { return 0 }
        return 4
    default:
        return 0
    }
}
