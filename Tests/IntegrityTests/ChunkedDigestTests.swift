import Diagnostics
import Foundation
import Integrity
import Testing

@Suite("ChunkedDigest") struct ChunkedDigestTests {
    private let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }

    /// The definition, spelled out.
    private func naive(_ bytes: [UInt8], chunk: Int) -> (leaves: [Digest], root: Digest) {
        let leaves = stride(from: 0, to: bytes.count, by: chunk).map {
            SHA256.digest(of: [0] + bytes[$0..<min($0 + chunk, bytes.count)])
        }
        return (leaves, merkleRoot(leaves))
    }

    private func hashed(_ bytes: [UInt8], chunk: Int, pieces: Int) -> ChunkedDigest {
        var hasher = ChunkHasher(chunkBytes: chunk)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            Array(bytes[start..<min(start + pieces, bytes.count)]).withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finish()
    }

    @Test("Leaves and root are as defined, however the bytes come by", arguments: [0, 1, 99, 100, 101, 200, 999, 1000])
    func definition(count: Int) {
        let part = Array(bytes.prefix(count))
        let expected = naive(part, chunk: 100)
        for pieces in [1, 7, 100, 333, 5000] {
            let found = hashed(part, chunk: 100, pieces: pieces)
            #expect(found.leaves == expected.leaves && found.root == expected.root && found.bytes == count)
        }
    }

    @Test("A list of another length is no list of the file")
    func wrongCount() {
        let leaves = naive(bytes, chunk: 100).leaves
        #expect(ChunkedDigest(bytes: 1000, chunkBytes: 100, leaves: leaves) != nil)
        #expect(ChunkedDigest(bytes: 1001, chunkBytes: 100, leaves: leaves) == nil)
        #expect(ChunkedDigest(bytes: 1000, chunkBytes: 0, leaves: leaves) == nil)
        #expect(ChunkedDigest(bytes: -1, chunkBytes: 100, leaves: []) == nil)
        #expect(ChunkedDigest(bytes: .max, chunkBytes: 1, leaves: leaves) == nil)
    }

    @Test("A part is checked by its chunks alone")
    func parts() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let list = hashed(bytes, chunk: 100, pieces: 1000)
        var altered = bytes
        altered[250] ^= 1
        altered[999] ^= 128
        try AtomicFile.write(altered, to: path)
        #expect(try list.damage(of: path).map(\.chunk) == [2, 9])
        #expect(try list.damage(in: 0..<200, of: path).isEmpty)
        #expect(try list.damage(in: 299..<300, of: path).map(\.chunk) == [2])
        #expect(try list.damage(in: 950..<5000, of: path).map(\.chunk) == [9])
        #expect(try list.damage(in: 5000..<6000, of: path).isEmpty)
        try AtomicFile.write(Array(bytes.prefix(930)), to: path)
        #expect(try list.damage(of: path).map(\.chunk) == [9])
        #expect(list.range(ofChunk: 9) == 900..<1000)
    }

    @Test("One pass gives the digest of the whole and of the chunks")
    func fileDigests() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let large = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        try AtomicFile.write(large, to: path)
        var seen = 0
        let digests = try FileDigests(of: path) { (piece) throws(Diagnostic) in seen += piece.count }
        #expect(digests.digest == SHA256.digest(of: large) && seen == large.count)
        #expect(digests.chunks == hashed(large, chunk: 4 << 20, pieces: 1 << 16))
        #expect(ChunkedDigest.chunkBytes(forFileOf: 1 << 30) == 64 << 20)
        let missing = #expect(throws: Diagnostic.self) { try FileDigests(of: path + ".none") }
        #expect(missing?.code == "file.missing")
        let folder = #expect(throws: Diagnostic.self) { try FileDigests(of: "/") }
        #expect(folder?.code == "file.read")
    }
}
