import Diagnostics

/// The files that describe a corpus to people and to other programs.
enum Descriptions {
    /// Writes them into a folder and returns their entries.
    static func write(
        _ manifest: TextCorpusManifest, to folder: String
    ) throws(Diagnostic) -> [TextCorpusManifest.File] {
        []
    }
}
