import Diagnostics
import Foundation
import Integrity

extension AtomicFolder {
    /// The folder of a corpus: it replaces, on request, a corpus (even a damaged one) and nothing else.
    init(corpus path: String, replace: Bool) throws(Diagnostic) {
        try self.init(path, replace: replace) { (folder, names) throws(Diagnostic) in
            guard names.contains(CorpusManifest.fileName) else { return names.first }
            let manifest = try readFile("\(folder)/\(CorpusManifest.fileName)")
            guard manifest.range(of: Data("\"\(CorpusManifest.formatName)\"".utf8)) != nil else {
                return CorpusManifest.fileName
            }
            return names.first { !AtomicFolder.isPart($0) }
        }
    }

    /// Whether a name is that of a corpus' file, of either format.
    private static func isPart(_ name: String) -> Bool {
        let isTable = name.hasSuffix(".jsonl") && ["documents-", "texts-"].contains { name.hasPrefix($0) }
        let others = [
            CorpusManifest.fileName, TextCorpusManifest.skippedFile, TextCorpusManifest.dataCardFile,
            TextCorpusManifest.croissantFile,
        ]
        return isTable || name.hasSuffix(".tokens") || others.contains(name)
    }
}
