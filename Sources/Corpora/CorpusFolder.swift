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
            return names.first { name in
                let isTable = name.hasPrefix("documents-") && name.hasSuffix(".jsonl")
                return name != CorpusManifest.fileName && !name.hasSuffix(".tokens") && !isTable
            }
        }
    }
}
