import Diagnostics
import Foundation
import Integrity

/// The file that lists the digests of an object's chunks: `chunks/aa/bb/<sha256>.json` in a store.
///
/// It can be made anew from an undamaged object, and so is no object itself.
struct ChunkList: Codable, Sendable, Equatable {
    var bytes: Int
    var chunkBytes: Int
    /// The Merkle root, as hexadecimal digits.
    var root: String
    var leaves: [String]

    init(_ chunks: ChunkedDigest) {
        (bytes, chunkBytes) = (chunks.bytes, chunks.chunkBytes)
        (root, leaves) = (chunks.root.hex, chunks.leaves.map(\.hex))
    }

    func encoded() throws(Diagnostic) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do {
            return Array(try encoder.encode(self)) + [10]
        } catch {
            throw Diagnostic("json.encode", "a list of chunks cannot be written as JSON", kind: .failure)
        }
    }

    /// Reads the list of an object; `nil` when there is none, or one that contradicts itself.
    static func read(_ path: String) -> ChunkedDigest? {
        guard let data = FileManager.default.contents(atPath: path),
            let list = try? JSONDecoder().decode(ChunkList.self, from: data)
        else { return nil }
        let leaves = list.leaves.compactMap { Digest($0) }
        guard leaves.count == list.leaves.count,
            let chunks = ChunkedDigest(bytes: list.bytes, chunkBytes: list.chunkBytes, leaves: leaves),
            chunks.root.hex == list.root
        else { return nil }
        return chunks
    }

    private enum CodingKeys: String, CodingKey {
        case bytes, root, leaves
        case chunkBytes = "chunk_bytes"
    }
}
