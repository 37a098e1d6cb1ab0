import Diagnostics
import Foundation
import Integrity

extension TextCorpusManifest {
    /// Reads the manifest of a text corpus and checks it against its own digest.
    static func read(fromFolder folder: String) throws(Diagnostic) -> TextCorpusManifest {
        let path = folder + "/" + CorpusManifest.fileName
        let bytes = try readFile(path)
        let manifest: TextCorpusManifest
        do {
            manifest = try JSONDecoder().decode(TextCorpusManifest.self, from: bytes)
        } catch {
            throw Diagnostic(
                "corpus.manifest", "the manifest is truncated or altered",
                at: .init(file: path, key: codingKey(of: error)), remedy: "build the corpus again or restore the file")
        }
        var blank = bytes
        if let place = blank.range(of: Data(manifest.digest.hex.utf8)) {
            blank.replaceSubrange(place, with: Data(String(repeating: "0", count: 64).utf8))
        }
        let found = SHA256.digest(of: blank)
        guard found == manifest.digest else {
            throw Corpus.altered("the manifest", path, expected: manifest.digest, found: found)
        }
        return manifest
    }
}
