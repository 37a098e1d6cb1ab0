import Diagnostics
import Foundation
import Integrity

extension TextCorpusManifest: SealedManifest {
    static func altered(_ what: String, _ path: String, expected: Digest, found: Digest) -> Diagnostic {
        Corpus.altered(what, path, expected: expected, found: found)
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
    /// Throws a `Diagnostic` that names the file and, for an altered one, the digest expected and found.
    public static func read(fromFolder folder: String) throws(Diagnostic) -> TextCorpusManifest {
        let path = "\(folder)/\(CorpusManifest.fileName)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw CorpusManifest.notACorpus(folder)
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
        try manifest.checkSeal(of: bytes, path: path)
        for file in manifest.files where file.file.isEmpty || file.file.contains("/") || file.file.hasPrefix(".") {
            throw Diagnostic(
                "corpus.manifest", "the manifest does not fit together", at: .init(file: path, key: "files"),
                expected: "plain file names in the corpus folder", remedy: "build the corpus again")
        }
        return manifest
    }
}
