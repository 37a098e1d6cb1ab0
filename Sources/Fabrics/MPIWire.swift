/// How a message between hosts looks on the wire: a header, with small payloads behind it in the same MPI message, large ones
/// in MPI messages of their own.
///
/// MPI keeps the order of messages of one (sender, tag), so large payloads' pieces are received in the order of their headers.
struct MPIWire {
    /// The MPI tag of headers (with small payloads) and that of the pieces of large payloads.
    static let headerTag: Int32 = 1
    static let pieceTag: Int32 = 2
    /// The largest count given to MPI, whose counts are 32-bit.
    static let largestCount = 1 << 30
    static let headerSize = 32
    /// Header and payload together up to this size are one MPI message: MPI sends these at once on every transport.
    static let largestInline = 2048
    private static let mark: UInt32 = 0x5365_7231

    var address: Mailboxes.Address
    /// Bytes of the payload.
    var count: Int

    var isInline: Bool { Self.headerSize + count <= Self.largestInline }

    /// Writes the header at the start of `memory`.
    func write(to memory: UnsafeMutableRawBufferPointer) {
        memory.storeBytes(of: Self.mark, toByteOffset: 0, as: UInt32.self)
        memory.storeBytes(of: address.tag, toByteOffset: 4, as: UInt32.self)
        memory.storeBytes(of: Int64(address.from), toByteOffset: 8, as: Int64.self)
        memory.storeBytes(of: Int64(address.to), toByteOffset: 16, as: Int64.self)
        memory.storeBytes(of: Int64(count), toByteOffset: 24, as: Int64.self)
    }

    init(address: Mailboxes.Address, count: Int) {
        self.address = address
        self.count = count
    }

    /// Reads a header; `nil` if these bytes are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerSize, bytes.loadUnaligned(as: UInt32.self) == Self.mark else { return nil }
        let tag = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        let from = Int(bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        let to = Int(bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self))
        self.init(
            address: .init(from: from, to: to, tag: tag),
            count: Int(bytes.loadUnaligned(fromByteOffset: 24, as: Int64.self)))
        guard count >= 0, bytes.count == Self.headerSize + (isInline ? count : 0) else { return nil }
    }

    /// The pieces of a large payload: none exceeds ``largestCount``.
    static func pieces(of count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: largestCount).map { $0..<min($0 + largestCount, count) }
    }
}
