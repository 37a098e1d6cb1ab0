import Diagnostics
import Foundation
import Integrity

/// A manifest that carries the digest of its own bytes, computed with that digest's digits as zeros.
protocol SealedManifest: Codable {
    var digest: Digest { get set }

    /// The diagnostic for a file whose digest is not the recorded one.
    static func altered(_ what: String, _ path: String, expected: Digest, found: Digest) -> Diagnostic
}

private let zeroHex = String(repeating: "0", count: 64)

extension SealedManifest {
    /// The bytes of the manifest's file, after setting ``digest`` to the one that they carry.
    mutating func sealed() throws(Diagnostic) -> Data {
        guard let zero = Digest(zeroHex) else { preconditionFailure("64 zeros are a digest") }
        digest = zero
        digest = SHA256.digest(of: try encodeJSON(self, pretty: true))
        return try encodeJSON(self, pretty: true)
    }

    /// Checks that the bytes that this manifest was read from are those that were sealed.
    func checkSeal(of bytes: Data, path: String) throws(Diagnostic) {
        var blank = bytes
        // Texts within may hold other digests, but not this one: it is made of all the rest.
        let seal = "\"digest\" : \"sha256:"
        if let place = blank.range(of: Data((seal + digest.hex).utf8)) {
            blank.replaceSubrange(place, with: Data((seal + zeroHex).utf8))
        }
        let found = SHA256.digest(of: blank)
        guard found == digest else { throw Self.altered("the manifest", path, expected: digest, found: found) }
    }
}
