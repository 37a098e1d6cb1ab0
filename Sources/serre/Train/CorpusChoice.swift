import Corpora
import Diagnostics
import Fabrics
import Foundation
import TypedYAML

/// The corpus that a run reads: the one named, or the small one shipped with Serre, built on first use.
struct CorpusChoice {
    private let named: String?
    private let fabric: any Fabric
    private let output: String

    init(_ named: String?, fabric: any Fabric, output: String) {
        self.named = named
        self.fabric = fabric
        self.output = output
    }

    func open() throws(Diagnostic) -> any TokenSource {
        if let named { return try openTokenSource(named) }
        guard let source = SharedFiles().folder(of: .corpus) else {
            throw Diagnostic(
                "data.no-corpus", "the recipe names no corpus", at: .init(key: "data.corpus"),
                remedy: "build one with serre corpus build and name it with --corpus")
        }
        let built = output + "/shipped-corpus"
        if fabric.host == 0 {
            Console.note("No corpus named: using the small one shipped with Serre (\(source)).")
            if !FileManager.default.fileExists(atPath: built + "/manifest.json") {
                try build(source, built)
            } else {
                try followChanges(source, built)
            }
        }
        try fabric.barrier()
        return try Corpus.open(built)
    }

    /// Builds the corpus again when the shipped text is no longer what it was built from.
    private func followChanges(_ source: String, _ built: String) throws(Diagnostic) {
        let fresh = "\(output)/.shipped-corpus.\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: fresh) }
        let manifest = try CorpusBuilder.build(sources: [CorpusSource(path: source)], output: fresh)
        guard try Corpus.open(built).digest != manifest.digest else { return }
        try CorpusBuilder.build(
            sources: [CorpusSource(path: source)], output: built, options: .init(replace: true))
    }

    private func build(_ source: String, _ built: String) throws(Diagnostic) {
        try? FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        do throws(Diagnostic) {
            try CorpusBuilder.build(sources: [CorpusSource(path: source)], output: built)
            // A by-product of training, which would only clutter the user's status.
            try? Data("*\n".utf8).write(to: URL(fileURLWithPath: built + "/.gitignore"))
        } catch {
            // Another run that started at the same time may have built it first.
            guard error.code == "folder.exists" || error.kind == .failure,
                FileManager.default.fileExists(atPath: built + "/manifest.json")
            else { throw error }
        }
    }
}
