import Integrity

/// Appends numbers, texts and digests in the compact form of the work files: lengths and counts as LEB128.
struct RecordWriter {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func write(_ number: Int) {
        precondition(number >= 0, "work files hold counts and lengths")
        var rest = UInt(number)
        while rest >= 128 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(fixed number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    mutating func write(_ text: String) {
        write(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func write(_ text: String?) {
        guard let text else { return write(0) }
        write(1)
        write(text)
    }

    mutating func write(_ digest: Digest) { bytes.append(contentsOf: digest.bytes) }
}

/// Reads what a ``RecordWriter`` wrote; whatever does not fit is told by `nil`, never by a trap.
struct RecordReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    /// Reads from a position, which lies within the bytes.
    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        precondition(position >= 0 && position <= bytes.count, "a reader begins within its bytes")
        (self.bytes, self.position) = (bytes, position)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func number() -> Int? {
        var (value, shift) = (UInt(0), UInt(0))
        while position < bytes.count, shift < 63 {
            let byte = bytes[position]
            position += 1
            value |= UInt(byte & 127) << shift
            if byte < 128 { return Int(exactly: value) }
            shift += 7
        }
        return nil
    }

    mutating func fixed() -> UInt64? {
        guard bytes.count - position >= 8 else { return nil }
        let value = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        position += 8
        return UInt64(littleEndian: value)
    }

    mutating func text() -> String? {
        guard let count = number(), count <= bytes.count - position else { return nil }
        defer { position += count }
        return String(validating: bytes[position..<position + count], as: UTF8.self)
    }

    /// A text that may be absent: the outer `nil` is for bytes that do not fit.
    mutating func optionalText() -> String?? {
        switch number() {
        case 0?: return .some(nil)
        case 1?: return text().map { .some($0) } ?? nil
        default: return nil
        }
    }

    mutating func digest() -> Digest? {
        guard bytes.count - position >= 32 else { return nil }
        defer { position += 32 }
        return Digest(bytes: Array(bytes[position..<position + 32]))
    }
}
