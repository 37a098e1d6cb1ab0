import Diagnostics
import Foundation

/// The shards of a built corpus, found by its manifest: JSONL (format 2) or the bytes as tokens (format 1).
struct CorpusShards {
    private let folder: String
    private let shards: [Shard]

    private struct Shard {
        var file, language, split: String
    }

    /// The end of a document in shards of bytes.
    private static let documentEnd: UInt16 = 256

    /// `nil` for a folder that is no built corpus.
    init?(folder: String) throws(Diagnostic) {
        let path = folder + "/manifest.json"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let node = try JSONReader.parse(
            readTexts(path), at: .init(file: path), expected: "the manifest of a corpus")
        let root = try JSONPlace(node: node, file: path, path: "").object()
        guard root["format"].node == .text("serre-corpus") else { return nil }
        var shards: [Shard] = []
        for place in try root["shards"].elements() {
            let shard = try place.object()
            let file = try shard["file"].text()
            guard !file.contains("/") else { throw place.malformed("a shard lies elsewhere", expected: "a file here") }
            shards.append(
                Shard(file: file, language: try shard["language"].text(), split: try shard["split"].text()))
        }
        self.folder = folder
        self.shards = shards
    }

    func visit(_ part: TextSource.Part, _ body: (TextSource.Text) throws(Diagnostic) -> Void) throws(Diagnostic) {
        for shard in shards where part == .everything || shard.split == "train" {
            let path = "\(folder)/\(shard.file)"
            let bytes = try readTexts(path)
            if shard.file.hasSuffix(".jsonl") {
                try visitLines(bytes, path, language: shard.language, body)
            } else {
                try Self.visitTokens(bytes, language: shard.language, body)
            }
        }
    }

    /// Visits the documents of a shard of 16-bit little-endian tokens, which are bytes.
    private static func visitTokens(
        _ shard: [UInt8], language: String, _ body: (TextSource.Text) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        var text: [UInt8] = []
        for at in stride(from: 0, to: shard.count - 1, by: 2) {
            let token = UInt16(shard[at]) | UInt16(shard[at + 1]) << 8
            if token < documentEnd {
                text.append(UInt8(token))
            } else if !text.isEmpty {
                try body(.init(language: language, bytes: text))
                text.removeAll(keepingCapacity: true)
            }
        }
        if !text.isEmpty { try body(.init(language: language, bytes: text)) }
    }
}
