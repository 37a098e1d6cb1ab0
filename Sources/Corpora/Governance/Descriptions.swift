import Diagnostics
import Integrity

/// The files that describe a corpus to people and to other programs.
enum Descriptions {
    /// Writes them into a folder and returns their entries.
    static func write(
        _ manifest: TextCorpusManifest, to folder: String
    ) throws(Diagnostic) -> [TextCorpusManifest.File] {
        [
            try write(try DataCard(manifest).markdown, TextCorpusManifest.dataCardFile, to: folder),
            try write(try Croissant(manifest).json(), TextCorpusManifest.croissantFile, to: folder),
        ]
    }

    private static func write(
        _ text: String, _ name: String, to folder: String
    ) throws(Diagnostic) -> TextCorpusManifest.File {
        let bytes = Array(text.utf8)
        try AtomicFile.write(bytes, to: "\(folder)/\(name)")
        return .init(file: name, kind: .description, bytes: bytes.count, sha256: SHA256.digest(of: bytes))
    }
}

extension TextCorpusManifest {
    /// The corpus described for people, as Markdown with front matter; the same text as the corpus folder's data card.
    ///
    /// Throws when the manifest's specification cannot be read.
    public func dataCard() throws(Diagnostic) -> String { try DataCard(self).markdown }
}
