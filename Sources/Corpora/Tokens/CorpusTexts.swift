import Diagnostics
import Foundation
import Integrity

/// A built corpus, of texts or of bytes, as the files whose documents are to be tokenised.
struct CorpusTexts: Sendable {
    var folder: String
    /// The digest of the corpus.
    var digest: Digest
    /// The files, language by language in byte-wise order of the codes, in the corpus's order within each.
    var shards: [TextShard]

    /// Opens a corpus folder of either format.
    init(_ folder: String) throws(Diagnostic) {
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
}
