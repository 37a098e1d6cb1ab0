/// How a token number is stored in a `.bin` file, little end first; the raw value is the code in the `.idx` file.
public enum TokenType: UInt8, Sendable, CaseIterable {
    case uint8 = 1
    case int8 = 2
    case int16 = 3
    case int32 = 4
    case int64 = 5
    case uint16 = 8

    /// Bytes of one token.
    public var byteCount: Int {
        switch self {
        case .uint8, .int8: 1
        case .int16, .uint16: 2
        case .int32: 4
        case .int64: 8
        }
    }

    /// The name of the type, such as `uint16`.
    public var name: String { "\(self)" }

    /// What Megatron-LM chooses: `uint16` for vocabularies below 65,500, else `int32`.
    public static func fitting(vocabulary: Int) -> TokenType { vocabulary < 65_500 ? .uint16 : .int32 }

    /// The token at a byte offset, which must lie within `bytes`.
    func load(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        switch self {
        case .uint8: Int(bytes[offset])
        case .int8: Int(Int8(bitPattern: bytes[offset]))
        case .int16: Int(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self)))
        case .uint16: Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        case .int32: Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
        case .int64: Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)))
        }
    }
}
