import Diagnostics
import Foundation
import Integrity

/// Writes one language's kept documents as token shards and a document table into a folder.
struct ShardWriter {
    let folder: String
    let maximumTokensPerShard: Int

    /// Writes the documents of one split in their order and returns the shards' entries.
    ///
    /// A shard holds whole documents; a document larger than the maximum has a shard to itself.
    func writeShards(
        _ documents: [FoundDocument], language: String, split: Split, reader: inout DocumentReader
    ) throws(Diagnostic) -> [CorpusManifest.Shard] {
        var shards = [CorpusManifest.Shard]()
        for group in groups(documents) {
            let number = String(shards.count)
            let padded = String(repeating: "0", count: max(0, 3 - number.count)) + number
            let file = "\(split.rawValue)-\(language)-\(padded).tokens"
            let digest = try writeShard(group, file: file, reader: &reader)
            shards.append(
                .init(
                    file: file, language: language, split: split, documents: group.count,
                    tokens: group.reduce(0) { $0 + $1.bytes + 1 }, sha256: digest))
        }
        return shards
    }

    /// Writes the table of a language's documents and returns its entry.
    func writeTable(_ documents: [CorpusDocument], language: String) throws(Diagnostic) -> CorpusManifest.Table {
        var lines = Data()
        for document in documents {
            lines.append(try encodeJSON(document))
            lines.append(10)
        }
        let file = "documents-\(language).jsonl"
        try AtomicFile.write([UInt8](lines), to: folder + "/" + file)
        return .init(file: file, language: language, documents: documents.count, sha256: SHA256.digest(of: lines))
    }

    private func groups(_ documents: [FoundDocument]) -> [[FoundDocument]] {
        var groups = [[FoundDocument]]()
        var room = 0
        for document in documents {
            let tokens = document.bytes + 1
            if groups.isEmpty || tokens > room {
                groups.append([])
                room = maximumTokensPerShard
            }
            groups[groups.count - 1].append(document)
            room -= tokens
        }
        return groups
    }

    private func writeShard(
        _ documents: [FoundDocument], file: String, reader: inout DocumentReader
    ) throws(Diagnostic) -> Digest {
        var hash = SHA256()
        try AtomicFile.write(to: folder + "/" + file) { (append) throws(Diagnostic) in
            for document in documents {
                let tokens = littleEndianTokens(try reader.text(of: document))
                hash.update(tokens)
                var failure: Diagnostic?
                tokens.withUnsafeBytes { raw in
                    do throws(Diagnostic) { try append(raw) } catch { failure = error }
                }
                if let failure { throw failure }
            }
        }
        return hash.finish()
    }

    /// The text's bytes as 16-bit little-endian tokens, and the document end.
    private func littleEndianTokens(_ text: [UInt8]) -> [UInt8] {
        var tokens = [UInt8](repeating: 0, count: 2 * text.count + 2)
        for (i, byte) in text.enumerated() { tokens[2 * i] = byte }
        tokens[2 * text.count] = UInt8(Corpus.documentEnd & 255)
        tokens[2 * text.count + 1] = UInt8(Corpus.documentEnd >> 8)
        return tokens
    }
}
