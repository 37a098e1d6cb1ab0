import Integrity

/// What makes two documents the same document.
public enum DocumentIdentity: String, Sendable, CaseIterable {
    /// The same bytes.
    case text
    /// The same bytes once white space at both ends is gone: ROOTS' rule for most of its sources. See ``ofCode``.
    case stripped
    /// The same bytes once all white space is gone: for code, where a formatter makes copies look different.
    case whitespaceInsensitive = "whitespace-insensitive"
    /// The same host and path of the address: for pages that were crawled more than once.
    case address
}

/// A document's identity in 16 bytes: the first half of a SHA-256 digest, so that not even adversaries make two documents
/// collide by design, and n documents collide by chance with probability n² / 2^129.
public struct DocumentKey: Sendable, Hashable {
    /// The first eight bytes of the digest, big-endian.
    public let high: UInt64
    /// The next eight.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(_ digest: Digest) {
        self.init(
            high: digest.bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) },
            low: digest.bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
    }
}

extension DocumentIdentity {
    /// The identity that takes this one's place for code: where white space at the ends is ignored, all white space is, as
    /// ROOTS had it.
    public var ofCode: DocumentIdentity { self == .stripped ? .whitespaceInsensitive : self }

    /// The key of a document; `nil` where it has no identity of this kind: an address is asked for and it has none.
    public func key(of text: [UInt8], address: String? = nil) -> DocumentKey? {
        switch self {
        case .text: DocumentKey(SHA256.digest(of: text))
        case .stripped: text.withUnsafeBufferPointer { DocumentKey(strippedDigest($0)) }
        case .whitespaceInsensitive: text.withUnsafeBufferPointer { DocumentKey(digestWithoutWhiteSpace($0)) }
        case .address: address.flatMap(hostAndPath).map { DocumentKey(SHA256.digest(of: $0.utf8)) }
        }
    }
}

private func strippedDigest(_ bytes: UnsafeBufferPointer<UInt8>) -> Digest {
    SHA256.digest(of: bytes.raw(WhiteSpace.stripped(bytes, 0..<bytes.count)))
}

/// Feeds the hash with a few kibibytes at a time, since words are too short to be worth a call each.
private func digestWithoutWhiteSpace(_ bytes: UnsafeBufferPointer<UInt8>) -> Digest {
    var hash = SHA256()
    var chunk = [UInt8]()
    let chunkBytes = 1 << 13
    chunk.reserveCapacity(chunkBytes)
    var index = 0
    while index < bytes.count {
        let length = WhiteSpace.length(bytes, at: index)
        if length > 0 {
            index += length
            continue
        }
        chunk.append(bytes[index])
        index += 1
        if chunk.count == chunkBytes {
            hash.update(chunk)
            chunk.removeAll(keepingCapacity: true)
        }
    }
    hash.update(chunk)
    return hash.finish()
}

/// `host/path` of an address: scheme, user, port, query and fragment are gone, and the host's ASCII letters are lower case;
/// `nil` without a host.
func hostAndPath(_ address: String) -> String? {
    var rest = Substring(address)
    if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
    if let end = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) { rest = rest[..<end] }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var host = rest[..<slash]
    if let user = host.lastIndex(of: "@") { host = host[host.index(after: user)...] }
    if let port = host.lastIndex(of: ":"), host[host.index(after: port)...].allSatisfy(\.isNumber) {
        host = host[..<port]
    }
    guard !host.isEmpty else { return nil }
    let lowered = host.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }
    let path = rest[slash...]
    return String(decoding: lowered, as: UTF8.self) + (path.isEmpty ? "/" : path)
}
