/// The bytes of one message: filled once, then only read, so that several receivers can share them without a copy.
///
/// The memory is 64-byte aligned and is freed with the last reference, unless it is lent.
public final class Payload {
    private let storage: UnsafeMutableRawBufferPointer
    private let isBorrowed: Bool
    /// In how many mailbox places this payload stands now; its bytes are counted once.
    var places = 0
    /// False while a transport is still filling the memory.
    var hasArrived = true

    /// Makes a payload of uninitialised memory and lets `fill` write all of it.
    public init(byteCount: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void) {
        storage = .allocate(byteCount: byteCount, alignment: 64)
        isBorrowed = false
        fill(storage)
    }

    /// Copies `bytes`.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(byteCount: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// Makes memory that a transport fills until it sets `hasArrived`.
    init(arrivingByteCount: Int) {
        storage = .allocate(byteCount: arrivingByteCount, alignment: 64)
        isBorrowed = false
        hasArrived = arrivingByteCount == 0
    }

    /// Lends memory that stays unchanged until the payload is gone: nothing is copied and nothing freed.
    init(lending bytes: UnsafeRawBufferPointer) {
        storage = UnsafeMutableRawBufferPointer(mutating: bytes)
        isBorrowed = true
    }

    deinit {
        if !isBorrowed { storage.deallocate() }
    }

    /// Bytes in the message.
    public var count: Int { storage.count }

    /// Reads the bytes in place; the pointer is good only inside `body`.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(storage))
    }

    /// The memory itself, for a caller that keeps the payload alive while it uses the pointer.
    var memory: UnsafeMutableRawBufferPointer { storage }
}
