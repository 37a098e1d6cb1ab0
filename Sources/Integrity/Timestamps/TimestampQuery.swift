import CCrypto
import Diagnostics

/// A request for a timestamp of a SHA-256 digest (RFC 3161), to be sent to a timestamp authority.
///
/// It asks for the authority's certificates, so that the answer can be checked years later with the root alone.
public struct TimestampQuery: Sendable {
    /// What the authority is to sign together with its time.
    public let digest: Digest
    /// A number that the answer must repeat.
    public let nonce: UInt64
    /// The query in DER, as `openssl ts -query` writes it.
    public let bytes: [UInt8]

    /// A query for a digest; the nonce is drawn at random unless it is given.
    public init(of digest: Digest, nonce: UInt64 = .random(in: 1...UInt64(Int64.max))) throws(Diagnostic) {
        self.digest = digest
        self.nonce = nonce
        guard let bytes = Self.encoded(digest, nonce) else {
            throw Diagnostic("timestamp.query", "libcrypto could not make the timestamp query", kind: .failure)
        }
        self.bytes = bytes
    }

    private static func encoded(_ digest: Digest, _ nonce: UInt64) -> [UInt8]? {
        let (query, imprint, algorithm) = (TS_REQ_new(), TS_MSG_IMPRINT_new(), X509_ALGOR_new())
        let number = ASN1_INTEGER_new()
        defer {
            TS_REQ_free(query)
            TS_MSG_IMPRINT_free(imprint)
            X509_ALGOR_free(algorithm)
            ASN1_INTEGER_free(number)
        }
        // The setters copy what they are given.
        var content = digest.bytes
        guard X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nil) == 1,
            TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1,
            TS_MSG_IMPRINT_set_msg(imprint, &content, Int32(content.count)) == 1,
            TS_REQ_set_version(query, 1) == 1, TS_REQ_set_msg_imprint(query, imprint) == 1,
            ASN1_INTEGER_set_uint64(number, nonce) == 1, TS_REQ_set_nonce(query, number) == 1,
            TS_REQ_set_cert_req(query, 1) == 1
        else { return nil }
        var result: UnsafeMutablePointer<UInt8>?
        let count = i2d_TS_REQ(query, &result)
        guard count > 0, let result else { return nil }
        defer { CRYPTO_free(result, nil, 0) }
        return Array(UnsafeBufferPointer(start: result, count: Int(count)))
    }
}
