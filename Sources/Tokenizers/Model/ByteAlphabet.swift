/// The characters that stand for bytes in a `tokenizer.json`, so that any byte string can be written as text.
///
/// A byte that is a printable character of Latin-1 stands for itself; the others are U+0100, U+0101 and so on, in order
/// of the bytes (GPT-2's table).
enum ByteAlphabet {
    /// The character of each byte.
    static let characters: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0...255).map { (byte: UInt32) in
            let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xFF).contains(byte) && byte != 0xAD
            defer { if !isPrintable { next += 1 } }
            return Unicode.Scalar(isPrintable ? byte : next) ?? "\u{FFFD}"
        }
    }()

    /// The bytes in the order of their characters, which is the order in which they get token numbers.
    static let bytesByCharacter = (0...255).map { UInt8($0) }.sorted { characters[Int($0)] < characters[Int($1)] }

    /// The byte of each character up to U+0143, -1 where there is none.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, character) in characters.enumerated() { bytes[Int(character.value)] = Int16(byte) }
        return bytes
    }()

    /// The bytes that a text stands for; `nil` when one of its characters stands for none.
    static func bytes(of text: String) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard scalar.value < bytes.count, bytes[Int(scalar.value)] >= 0 else { return nil }
            result.append(UInt8(bytes[Int(scalar.value)]))
        }
        return result
    }

    /// The text that stands for bytes.
    static func text(of bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(characters[Int(byte)]) }
        return String(text)
    }
}
