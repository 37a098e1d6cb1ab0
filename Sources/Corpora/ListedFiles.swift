import Diagnostics
import Foundation
import Integrity

/// A file that the manifest of a corpus or of token files lists.
public struct ListedFile: Sendable, Equatable {
    /// The name of the file beside the manifest.
    public var name: String
    public var digest: Digest
    /// The length, where the manifest tells it.
    public var bytes: Int?

    /// The files that a manifest lists, in its order: of a corpus of bytes, or of token files.
    ///
    /// The manifest's own digest is not checked. Throws `corpus.manifest` for anything else, naming `path`.
    public static func all(inManifest bytes: [UInt8], path: String) throws(Diagnostic) -> [ListedFile] {
        let data = Data(bytes)
        if let manifest = try? JSONDecoder().decode(CorpusManifest.self, from: data),
            manifest.format == CorpusManifest.formatName
        {
            return manifest.shards.map { ListedFile(name: $0.file, digest: $0.sha256, bytes: 2 * $0.tokens) }
                + manifest.tables.map { ListedFile(name: $0.file, digest: $0.sha256, bytes: nil) }
        }
        guard let manifest = try? JSONDecoder().decode(TokenManifest.self, from: data),
            manifest.format == TokenManifest.formatName
        else {
            throw Diagnostic(
                "corpus.manifest", "this is not the manifest of a corpus or of token files", at: .init(file: path),
                expected: "\(CorpusManifest.formatName) or \(TokenManifest.formatName)", kind: .failure)
        }
        let tokenizer = ListedFile(name: manifest.tokenizer.file, digest: manifest.tokenizer.sha256, bytes: nil)
        return manifest.languages.flatMap { [$0.train, $0.validation] }.compactMap { $0 }.flatMap { part in
            [
                ListedFile(name: part.file + ".bin", digest: part.bin, bytes: nil),
                ListedFile(name: part.file + ".idx", digest: part.idx, bytes: nil),
            ]
        } + [tokenizer]
    }
}
