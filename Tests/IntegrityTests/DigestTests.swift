import Integrity
import Testing

@Suite("SHA-256") struct DigestTests {
    @Test(
        "Known answers of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func knownAnswers(message: String, hex: String) {
        let digest = SHA256.digest(of: Array(message.utf8))
        #expect(digest.hex == hex)
        #expect(digest.description == "sha256:" + hex)
        #expect(Digest(hex) == digest)
        #expect(Digest("sha256:" + hex.uppercased()) == digest)
    }

    @Test("Pieces of any length give the digest of the whole", arguments: [1, 3, 63, 64, 65, 999])
    func pieces(length: Int) {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var hash = SHA256()
        for start in stride(from: 0, to: message.count, by: length) {
            hash.update(message[start..<min(start + length, message.count)])
            #expect(hash.digestSoFar() == SHA256.digest(of: message[..<min(start + length, message.count)]))
        }
        hash.update([UInt8]())
        #expect(hash.finish() == SHA256.digest(of: message))
        // A collection without contiguous storage takes another path.
        #expect(SHA256.digest(of: message.lazy.map { $0 }) == SHA256.digest(of: message))
    }

    @Test("Malformed digests are refused", arguments: ["", "sha256:", "ab", String(repeating: "g", count: 64)])
    func malformed(text: String) {
        #expect(Digest(text) == nil)
    }

    @Test("A digest has 32 bytes") func byteCount() {
        #expect(Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(Digest(bytes: [UInt8](repeating: 7, count: 32))?.hex == String(repeating: "07", count: 32))
    }
}

@Suite("Merkle root") struct MerkleTreeTests {
    private func leaf(_ n: UInt8) -> Digest { SHA256.digest(of: [0, n]) }
    private func node(_ left: Digest, _ right: Digest) -> Digest {
        SHA256.digest(of: [1] + left.bytes + right.bytes)
    }

    @Test("Small trees equal their definition written out")
    func definition() {
        let (a, b, c, d, e) = (leaf(0), leaf(1), leaf(2), leaf(3), leaf(4))
        #expect(merkleRoot([]) == SHA256.digest(of: [UInt8]()))
        #expect(merkleRoot([a]) == a)
        #expect(merkleRoot([a, b]) == node(a, b))
        #expect(merkleRoot([a, b, c]) == node(node(a, b), c))
        #expect(merkleRoot([a, b, c, d, e]) == node(node(node(a, b), node(c, d)), e))
    }

    @Test("Order, content and count all matter")
    func sensitivity() {
        let leaves = (0..<9).map { leaf(UInt8($0)) }
        let root = merkleRoot(leaves)
        #expect(merkleRoot(leaves.reversed()) != root)
        #expect(merkleRoot(Array(leaves.dropLast())) != root)
        for i in leaves.indices {
            var changed = leaves
            changed[i] = leaf(100)
            #expect(merkleRoot(changed) != root)
        }
    }
}
