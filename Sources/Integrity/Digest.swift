import CCrypto

/// A SHA-256 digest: 32 bytes, printed as `sha256:` and 64 hexadecimal digits.
public struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes exactly 32 bytes; `nil` for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits, with or without the `sha256:` prefix.
    public init?(_ text: String) {
        let digits = Array((text.hasPrefix("sha256:") ? text.dropFirst(7) : text[...]).utf8)
        guard digits.count == 64 else { return nil }
        var bytes = [UInt8]()
        for pair in stride(from: 0, to: 64, by: 2) {
            guard let high = hexValue(digits[pair]), let low = hexValue(digits[pair + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    fileprivate init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The 64 hexadecimal digits, lower case.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    public var description: String { "sha256:" + hex }

    public static func < (a: Digest, b: Digest) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    case 65...70: digit - 55
    default: nil
    }
}

/// An incremental SHA-256 (FIPS 180-4), by OpenSSL's libcrypto, which uses the processor's SHA instructions.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer?

    /// libcrypto's own object for the function, asked for once: finding it by its name each time takes longer than hashing
    /// a small message.
    private struct Algorithm: @unchecked Sendable {
        // Never changed and never freed, so that threads may share it.
        let pointer: OpaquePointer?
        static let sha256 = Algorithm(pointer: EVP_MD_fetch(nil, "SHA256", nil))
    }

    public init() {
        context = EVP_MD_CTX_new()
        let isBegun = EVP_DigestInit_ex2(context, Algorithm.sha256.pointer, nil) == 1
        precondition(context != nil && isBegun, "libcrypto has no SHA-256")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Appends raw bytes to the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        precondition(EVP_DigestUpdate(context, base, bytes.count) == 1)
    }

    /// Appends bytes to the message.
    public mutating func update(_ bytes: some Collection<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { update($0) }
        }
    }

    /// The digest of the message so far, to which more may be appended.
    public borrowing func digestSoFar() -> Digest {
        let copy = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(copy) }
        precondition(copy != nil && EVP_MD_CTX_copy_ex(copy, context) == 1)
        var bytes = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        precondition(EVP_DigestFinal_ex(copy, &bytes, &count) == 1 && count == 32)
        return Digest(unchecked: bytes)
    }

    /// Ends the message and returns its digest.
    public consuming func finish() -> Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        precondition(EVP_DigestFinal_ex(context, &bytes, &count) == 1 && count == 32)
        return Digest(unchecked: bytes)
    }

    /// The digest of one piece of memory.
    public static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// The digest of a collection of bytes.
    public static func digest(of bytes: some Collection<UInt8>) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }
}
