import Diagnostics
import Foundation
import Integrity

extension TextCorpusManifest {
    private static let zeroHex = String(repeating: "0", count: 64)

    /// The bytes of `manifest.json`, after setting ``digest`` to the digest of these bytes with its own digits as zeros.
    mutating func sealed() throws(Diagnostic) -> Data {
        guard let zero = Digest(Self.zeroHex) else { preconditionFailure("64 zeros are a digest") }
        digest = zero
        digest = SHA256.digest(of: try encodeJSON(self, pretty: true))
        return try encodeJSON(self, pretty: true)
    }

    /// Whether a folder holds a corpus of texts, by what its manifest says.
    public static func isTextCorpus(_ folder: String) -> Bool {
        struct Version: Decodable { var version: Int }
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(CorpusManifest.fileName)")),
            let found = try? JSONDecoder().decode(Version.self, from: bytes)
        else { return false }
        return found.version == formatVersion
    }

    /// Reads and checks the manifest of a folder: its version, its own digest, and that its parts fit together.
    ///
    /// Throws a ``Diagnostic`` that names the file and, for an altered one, the digest expected and found.
    public static func read(fromFolder folder: String) throws(Diagnostic) -> TextCorpusManifest {
        let path = "\(folder)/\(CorpusManifest.fileName)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw Diagnostic(
                "corpus.not-a-corpus", "this folder is not a corpus", at: .init(file: folder),
                expected: "a folder made by `serre corpus build`", found: "no \(CorpusManifest.fileName) in it")
        }
        let bytes = try readFile(path)
        let manifest: TextCorpusManifest
        do {
            manifest = try JSONDecoder().decode(TextCorpusManifest.self, from: bytes)
        } catch {
            throw Diagnostic(
                "corpus.manifest", "the manifest is truncated or altered",
                at: .init(file: path, key: codingKey(of: error)), expected: "the manifest of a corpus of texts",
                found: "\(bytes.count) bytes that cannot be read as one",
                remedy: "build the corpus again or restore the file")
        }
        guard manifest.format == CorpusManifest.formatName, manifest.version == formatVersion else {
            throw Diagnostic(
                "corpus.version", "this is no corpus of texts", at: .init(file: path, key: "version"),
                expected: "\(formatVersion)", found: "\(manifest.version)",
                remedy: "build one from a specification: serre corpus build SPEC.yaml -o FOLDER")
        }
        try manifest.checkDigest(of: bytes, path: path)
        for file in manifest.files where file.file.isEmpty || file.file.contains("/") || file.file.hasPrefix(".") {
            throw Diagnostic(
                "corpus.manifest", "the manifest does not fit together", at: .init(file: path, key: "files"),
                expected: "plain file names in the corpus folder", remedy: "build the corpus again")
        }
        return manifest
    }

    private func checkDigest(of bytes: Data, path: String) throws(Diagnostic) {
        var blank = bytes
        // The specification's text may hold other digests, but not this one: it is made of all the rest.
        if let place = blank.range(of: Data("\"digest\" : \"sha256:\(digest.hex)".utf8)) {
            blank.replaceSubrange(
                place, with: Data("\"digest\" : \"sha256:\(Self.zeroHex)".utf8))
        }
        let found = SHA256.digest(of: blank)
        guard found == digest else { throw Corpus.altered("the manifest", path, expected: digest, found: found) }
    }
}
