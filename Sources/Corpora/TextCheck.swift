import Diagnostics
import Ingestion

/// Refuses bytes that are not a document: empty or blank text, binary data (a zero byte), invalid UTF-8.
///
/// `baseOffset` is where the bytes begin in the file of `location`, so that the byte offset in the message can be found
/// there.
func checkText(_ bytes: [UInt8], at location: Diagnostic.Location, baseOffset: Int = 0) throws(Diagnostic) {
    try checkEncoding(bytes, at: location, baseOffset: baseOffset)
    let isBlank = bytes.allSatisfy { $0 == 32 || (9...13).contains($0) }
    if isBlank {
        throw Diagnostic(
            "corpus.empty-document", "the document has no text", at: location,
            expected: "at least one character that is not white space",
            found: bytes.isEmpty ? "0 bytes" : "\(bytes.count) bytes of white space",
            remedy: "remove it from the source")
    }
}

/// Refuses bytes that hold a zero byte or are not valid UTF-8, naming the offset of the first such byte.
func checkEncoding(_ bytes: [UInt8], at location: Diagnostic.Location, baseOffset: Int = 0) throws(Diagnostic) {
    if let zero = bytes.firstIndex(of: 0) {
        throw Diagnostic(
            "corpus.binary", "this is binary data, not text", at: location, expected: "UTF-8 text",
            found: "a zero byte at byte offset \(baseOffset + zero)",
            remedy: "remove the file or document from the source")
    }
    if let offset = firstInvalidUTF8Offset(bytes) {
        let byte = String(bytes[offset], radix: 16)
        throw Diagnostic(
            "corpus.invalid-utf8", "the text is not valid UTF-8", at: location, expected: "UTF-8",
            found: "byte 0x\(byte.count < 2 ? "0" : "")\(byte) at byte offset \(baseOffset + offset)",
            remedy: "convert it, for example with iconv -t UTF-8")
    }
}

/// The offset of the first byte that begins no valid UTF-8 sequence; `nil` if all bytes are valid.
func firstInvalidUTF8Offset(_ bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBytes { Ingestion.firstInvalidUTF8Offset($0) }
}
