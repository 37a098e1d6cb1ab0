import Diagnostics
import Foundation
import Interchange
import Synchronization
import Tokenizers

/// A language's files while they are written, one pair for each split that has documents.
struct OpenLanguage {
    let code: String
    private var files: [Split: (name: String, writer: IndexedTokensWriter, bytes: Int)] = [:]

    init(code: String) { self.code = code }

    /// Appends a document to the files of its split, which begin with their first document.
    mutating func append(
        _ tokens: [TokenID], textBytes: Int, _ split: Split,
        begin: () throws(Diagnostic) -> (String, IndexedTokensWriter)
    ) throws(Diagnostic) {
        if files[split] == nil {
            let (name, writer) = try begin()
            files[split] = (name, writer, 0)
        }
        try files[split]?.writer.append(tokens)
        files[split]?.bytes += textBytes
    }

    /// Ends the files.
    func finish() throws(Diagnostic) -> TokenManifest.Language {
        var language = TokenManifest.Language(code: code)
        language.train = try part(.train)
        language.validation = try part(.validation)
        return language
    }

    private func part(_ split: Split) throws(Diagnostic) -> TokenManifest.Part? {
        guard let file = files[split] else { return nil }
        let written = try file.writer.finish()
        return .init(
            file: file.name, documents: written.documents, tokens: written.tokens, bytes: file.bytes, bin: written.bin,
            idx: written.idx)
    }
}

/// Tokenises the documents of files with several threads and appends them in order.
struct LanguageWriter {
    let encoding: DocumentEncoding
    let staging: String
    /// The last part of the prefix.
    let name: String
    let pool: WorkerPool

    /// Bytes of a file that one thread takes at a time.
    private static let pieceBytes = 1 << 18
    /// Pieces whose tokens wait in memory to be appended, for each thread.
    private static let piecesPerWorker = 16

    private struct Document: Sendable {
        var tokens: [TokenID]
        var textBytes: Int
        var split: Split
    }

    /// A thread's own encoder, which remembers words.
    private final class Worker {
        var encoder: TokenEncoder; init(_ tokenizer: Tokenizer) { encoder = .init(tokenizer) }
    }

    /// Appends a file's documents; `advance` hears of every round of pieces.
    func write(
        _ shard: TextShard, to language: inout OpenLanguage, advance: (_ bytes: Int) -> Void
    ) throws(Diagnostic) {
        let data = try shard.open()
        let pieces = shard.pieces(of: data, size: Self.pieceBytes)
        let round = Self.piecesPerWorker * pool.workers
        for first in stride(from: 0, to: pieces.count, by: round) {
            let taken = pieces[first..<min(first + round, pieces.count)]
            for documents in try encode(taken, of: data, shard) {
                for document in documents {
                    let split = document.split
                    try language.append(document.tokens, textBytes: document.textBytes, split) {
                        () throws(Diagnostic) in
                        let file = "\(name)-\(shard.language)-\(split.rawValue)"
                        return (file, try IndexedTokensWriter(prefix: "\(staging)/\(file)", type: encoding.type))
                    }
                }
            }
            advance(taken.reduce(0) { $0 + $1.count })
        }
    }

    private func encode(
        _ pieces: ArraySlice<Range<Int>>, of data: Data, _ shard: TextShard
    ) throws(Diagnostic) -> [[Document]] {
        let results = Mutex([[Document]](repeating: [], count: pieces.count))
        let encoding = encoding
        try pool.run(count: pieces.count, state: { Worker(encoding.tokenizer) }) {
            (number, worker) throws(Diagnostic) in
            var documents: [Document] = []
            try shard.documents(in: data, pieces[pieces.startIndex + number]) { (text) throws(Diagnostic) in
                var tokens: [TokenID] = []
                tokens.reserveCapacity(text.bytes.count / 3 + 2)
                encoding.encode(text.bytes, with: &worker.encoder, into: &tokens)
                documents.append(Document(tokens: tokens, textBytes: text.bytes.count, split: text.split))
            }
            results.withLock { $0[number] = documents }
        }
        return results.withLock { $0 }
    }
}
