import Diagnostics
import Foundation
import Integrity

/// A built corpus, of texts or of bytes, as the files whose documents are to be tokenised.
public struct CorpusTexts: Sendable {
    var folder: String
    /// The digest of the corpus.
    public internal(set) var digest: Digest
    /// The files, language by language in byte-wise order of the codes, in the corpus's order within each.
    var shards: [TextShard]

    /// Whether a folder is a built corpus, of whatever format and however damaged.
    public static func isCorpus(_ folder: String) -> Bool {
        guard let manifest = try? readFile("\(folder)/\(CorpusManifest.fileName)") else { return false }
        return manifest.range(of: Data("\"\(CorpusManifest.formatName)\"".utf8)) != nil
    }

    /// Opens a corpus folder of either format.
    ///
    /// Throws a `Diagnostic` that names the manifest and what is wrong with it.
    public init(_ folder: String) throws(Diagnostic) {
        self.folder = folder
        if TextCorpusManifest.isTextCorpus(folder) {
            let manifest = try TextCorpusManifest.read(fromFolder: folder)
            digest = manifest.digest
            shards = manifest.files.filter { $0.kind == .texts }.compactMap { file in
                file.language.map {
                    TextShard(
                        path: "\(folder)/\(file.file)", language: $0, form: .lines, bytes: file.bytes,
                        sha256: file.sha256)
                }
            }
        } else {
            let manifest = try CorpusManifest.read(fromFolder: folder)
            digest = manifest.digest
            shards = manifest.shards.map {
                TextShard(
                    path: "\(folder)/\($0.file)", language: $0.language, form: .bytes($0.split), bytes: 2 * $0.tokens,
                    sha256: $0.sha256)
            }
        }
        // A stable order: files of one language stay as the corpus has them.
        let order = shards.enumerated().sorted { a, b in
            a.element.language == b.element.language
                ? a.offset < b.offset : a.element.language.utf8.lexicographicallyPrecedes(b.element.language.utf8)
        }
        shards = order.map(\.element)
    }

    /// The languages that have documents, in byte-wise order of their codes.
    var languages: [String] {
        shards.reduce(into: []) { codes, shard in
            if codes.last != shard.language { codes.append(shard.language) }
        }
    }

    /// Visits the texts, language by language; `split` is what part of them, `nil` for all. A file is mapped at a time,
    /// after its digest was checked.
    public func forEachText(
        of split: Split? = nil, _ body: (_ language: String, _ text: [UInt8]) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        for shard in shards {
            let data = try shard.open()
            try shard.documents(in: data, 0..<data.count) { (text) throws(Diagnostic) in
                if split == nil || text.split == split { try body(shard.language, text.bytes) }
            }
        }
    }
}
