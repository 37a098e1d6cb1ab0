import Foundation

/// What keeps bytes from being a text; `nil` for valid UTF-8 that holds more than white space and no zero byte.
///
/// `baseOffset` is where the bytes begin in their file, for the offsets in the details.
func problem(ofText bytes: UnsafeRawBufferPointer, baseOffset: Int = 0) -> (SkippedInput.Reason, String?)? {
    if bytes.allSatisfy({ $0 == 32 || (9...13).contains($0) }) { return (.empty, nil) }
    return encodingProblem(of: bytes, baseOffset: baseOffset)
}

/// A zero byte or invalid UTF-8, with its offset; `nil` where there is neither.
func encodingProblem(
    of bytes: UnsafeRawBufferPointer, baseOffset: Int = 0
) -> (SkippedInput.Reason, String?)? {
    if let zero = zeroOffset(in: bytes) { return (.nulByte, "at byte offset \(baseOffset + zero)") }
    if let offset = firstInvalidUTF8Offset(bytes) {
        let digits = String(bytes[offset], radix: 16)
        let byte = digits.utf8.count < 2 ? "0" + digits : digits
        return (.invalidUTF8, "byte 0x\(byte) at byte offset \(baseOffset + offset)")
    }
    return nil
}

/// The offset of the first zero byte.
func zeroOffset(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let zero = memchr(base, 0, bytes.count) else { return nil }
    return UnsafeRawPointer(zero) - base
}
