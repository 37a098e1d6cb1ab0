/// Reads the scalar at `index` and moves `index` behind it.
///
/// Stages are promised valid UTF-8; bytes that are not read as U+FFFD one by one, without leaving the buffer.
@inline(__always)
func readScalar(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> UInt32 {
    let first = bytes[index]
    if first < 0x80 {
        index &+= 1
        return UInt32(first)
    }
    return readLongScalar(bytes, &index, UInt32(first))
}

@inline(__always)
private func readLongScalar(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ first: UInt32) -> UInt32 {
    let left = bytes.count &- index
    if first < 0xE0, first >= 0xC2, left >= 2 {
        let scalar = (first & 0x1F) << 6 | UInt32(bytes[index &+ 1] & 0x3F)
        index &+= 2
        return scalar
    }
    if first < 0xF0, first >= 0xE0, left >= 3 {
        let scalar = (first & 0x0F) << 12 | UInt32(bytes[index &+ 1] & 0x3F) << 6 | UInt32(bytes[index &+ 2] & 0x3F)
        index &+= 3
        return scalar
    }
    if first >= 0xF0, first < 0xF5, left >= 4 {
        let high = (first & 0x07) << 18 | UInt32(bytes[index &+ 1] & 0x3F) << 12
        let scalar = high | UInt32(bytes[index &+ 2] & 0x3F) << 6 | UInt32(bytes[index &+ 3] & 0x3F)
        index &+= 4
        return scalar
    }
    index &+= 1
    return 0xFFFD
}

/// The end of the run of ASCII characters that begins with the one at `start`.
@inline(__always)
func asciiEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var index = start &+ 1
    while index &+ 8 <= bytes.count {
        let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if word & 0x8080_8080_8080_8080 != 0 { break }
        index &+= 8
    }
    while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
    return index
}

/// Appends a scalar as UTF-8; what is no scalar becomes U+FFFD.
func appendScalar(_ scalar: UInt32, to bytes: inout [UInt8]) {
    let scalar = Unicode.Scalar(scalar) ?? "\u{FFFD}"
    bytes.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [0xEF, 0xBF, 0xBD])
}
