import CCrypto
import Diagnostics
import Foundation

/// A timestamp authority's answer (RFC 3161): a digest and a time under the authority's signature.
///
/// Reading it proves nothing; ``verify(authorities:)`` checks the signature.
public struct TimestampResponse: Sendable, Equatable {
    /// The answer in DER, as the authority sent it: a file of type `application/timestamp-reply`.
    public let bytes: [UInt8]
    /// What was stamped.
    public let digest: Digest
    /// The authority's time, to the second.
    public let time: Date
    /// The query's nonce, if the answer has one of at most 64 bits.
    public let nonce: UInt64?
    /// The serial number that the authority gave the timestamp, in hexadecimal.
    public let serial: String
    /// The subject of the signing certificate, such as `/O=Example/CN=Timestamps`, if the answer holds it.
    public let signer: String?

    /// Reads an answer in DER.
    ///
    /// Throws `timestamp.response` when it is none, `timestamp.refused` when the authority stamped nothing, and
    /// `timestamp.algorithm` when what it stamped is not a SHA-256 digest.
    public init(_ bytes: [UInt8], file: String? = nil) throws(Diagnostic) {
        let place = file.map { Diagnostic.Location(file: $0) }
        let handle = Self.parsed(bytes)
        defer { TS_RESP_free(handle) }
        guard let handle else {
            throw Diagnostic(
                "timestamp.response", "this is not the answer of a timestamp authority", at: place,
                expected: "a TimeStampResp of RFC 3161 in DER", found: "\(bytes.count) bytes of something else")
        }
        guard let info = TS_RESP_get_tst_info(handle) else {
            throw Diagnostic(
                "timestamp.refused", "the timestamp authority refused the query", at: place,
                found: Self.refusal(handle), kind: .failure)
        }
        guard let digest = Self.digest(of: info), let time = Self.time(of: info) else {
            throw Diagnostic(
                "timestamp.algorithm", "the timestamp is not of a SHA-256 digest", at: place, expected: "SHA-256",
                remedy: "make the query with serre runs timestamp --query")
        }
        self.bytes = bytes
        self.digest = digest
        self.time = time
        var number: UInt64 = 0
        nonce = TS_TST_INFO_get_nonce(info).flatMap { ASN1_INTEGER_get_uint64(&number, $0) == 1 ? number : nil }
        serial = Self.hexadecimal(TS_TST_INFO_get_serial(info)) ?? ""
        signer = Self.signer(of: handle)
    }

    /// Checks the authority's signature, with the root certificates in a PEM file, and that it is over ``digest``.
    ///
    /// The certificates must have been valid at ``time``. Whether one was revoked, or its key became known, is not
    /// checked. Throws `timestamp.signature` with libcrypto's reason, `timestamp.authorities` for a file without
    /// certificates.
    public func verify(authorities path: String) throws(Diagnostic) {
        let store = X509_STORE_new()
        guard let store, X509_STORE_load_file(store, path) == 1 else {
            X509_STORE_free(store)
            throw Diagnostic(
                "timestamp.authorities", "there are no certificates to check the timestamp with",
                at: .init(file: path), expected: "certificates in PEM")
        }
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), time_t(time.timeIntervalSince1970))
        let (context, handle) = (TS_VERIFY_CTX_new(), Self.parsed(bytes))
        // The context owns the store and the imprint.
        defer {
            TS_VERIFY_CTX_free(context)
            TS_RESP_free(handle)
        }
        serre_ts_set_store(context, store)
        let imprint = CRYPTO_malloc(digest.bytes.count, nil, 0)?.bindMemory(
            to: UInt8.self, capacity: digest.bytes.count)
        imprint?.update(from: digest.bytes, count: digest.bytes.count)
        serre_ts_set_imprint(context, imprint, digest.bytes.count)
        _ = TS_VERIFY_CTX_set_flags(context, Int32(TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE))
        ERR_clear_error()
        guard imprint != nil, TS_RESP_verify_response(context, handle) == 1 else {
            throw Diagnostic(
                "timestamp.signature", "the timestamp is not signed by an authority in this file: \(Self.lastReason)",
                at: .init(file: path), remedy: "name the file with the root certificate of the timestamp authority",
                kind: .failure)
        }
    }

    // MARK: Parts

    private static func parsed(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBufferPointer { buffer in
            var next = buffer.baseAddress
            guard let handle = d2i_TS_RESP(nil, &next, buffer.count) else { return nil }
            // Bytes after the answer would be covered by no signature.
            guard next == buffer.baseAddress.map({ $0 + buffer.count }) else {
                TS_RESP_free(handle)
                return nil
            }
            return handle
        }
    }

    private static func digest(of info: OpaquePointer) -> Digest? {
        guard let imprint = TS_TST_INFO_get_msg_imprint(info), let algorithm = TS_MSG_IMPRINT_get_algo(imprint),
            OBJ_obj2nid(algorithm.pointee.algorithm) == NID_sha256, let content = TS_MSG_IMPRINT_get_msg(imprint)
        else { return nil }
        let bytes = UnsafeBufferPointer(
            start: ASN1_STRING_get0_data(content), count: Int(ASN1_STRING_length(content)))
        return Digest(bytes: Array(bytes))
    }

    private static func time(of info: OpaquePointer) -> Date? {
        var civil = tm()
        guard ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &civil) == 1 else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(timegm(&civil)))
    }

    private static func hexadecimal(_ number: UnsafePointer<ASN1_INTEGER>?) -> String? {
        let whole = ASN1_INTEGER_to_BN(number, nil)
        let text = BN_bn2hex(whole)
        defer {
            BN_free(whole)
            CRYPTO_free(text, nil, 0)
        }
        return text.map { String(cString: $0) }
    }

    private static func signer(of response: OpaquePointer) -> String? {
        let signers = PKCS7_get0_signers(TS_RESP_get_token(response), nil, 0)
        defer { OPENSSL_sk_free(signers) }
        guard OPENSSL_sk_num(signers) > 0, let certificate = OPENSSL_sk_value(signers, 0) else { return nil }
        let text = X509_NAME_oneline(X509_get_subject_name(OpaquePointer(certificate)), nil, 0)
        defer { CRYPTO_free(text, nil, 0) }
        return text.map { String(cString: $0) }
    }

    private static func refusal(_ response: OpaquePointer) -> String {
        let status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response))
        return "status \(ASN1_INTEGER_get(status))"
    }

    private static var lastReason: String {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_peek_last_error(), &text, text.count)
        let whole = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // "error:17800064:time stamp routines::certificate verify error"
        return whole.split(separator: ":").last.map(String.init) ?? whole
    }
}
