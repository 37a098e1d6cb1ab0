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

    func open() throws(Diagnostic) -> Corpus {
        if let named { return try Corpus.open(named) }
        guard let source = SharedFiles().folder(of: .corpus) else {
            throw Diagnostic(
                "data.no-corpus", "the recipe names no corpus", at: .init(key: "data.corpus"),
                remedy: "build one with serre corpus build and name it with --corpus")
        }
        let built = output + "/shipped-corpus"
        if fabric.host == 0 {
            Console.note("No corpus named: using the small one shipped with Serre (\(source)).")
            if !FileManager.default.fileExists(atPath: built + "/manifest.json") { try build(source, built) }
        }
        try fabric.barrier()
        return try Corpus.open(built)
    }

    private func build(_ source: String, _ built: String) throws(Diagnostic) {
        try? FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        do throws(Diagnostic) {
            try CorpusBuilder.build(sources: [CorpusSource(path: source)], output: built)
        } catch {
            // Another run that started at the same time may have built it first.
            guard error.code == "corpus.output-exists" || error.kind == .failure,
                FileManager.default.fileExists(atPath: built + "/manifest.json")
            else { throw error }
        }
    }
}
