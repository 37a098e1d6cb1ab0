import Corpora
import Diagnostics
import Foundation
import TypedYAML

/// A folder for what a command needs while it runs, gone when it ends; in memory where the machine has such a place.
final class MemoryFolder {
    let path: String

    init() throws(Diagnostic) {
        let shared = "/dev/shm"
        let parent = FileManager.default.isWritableFile(atPath: shared) ? shared : NSTemporaryDirectory()
        path = "\(parent)/serre-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString.prefix(8))"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "file.folder", "cannot make a folder for the records", at: .init(file: path), kind: .failure)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The small corpus that is shipped with Serre, for runs that name none.
enum SoakCorpus {
    static func build(in folder: String) throws(Diagnostic) -> String {
        guard let source = SharedFiles().folder(of: .corpus) else {
            throw Diagnostic(
                "data.no-corpus", "the recipe names no corpus", at: .init(key: "data.corpus"),
                remedy: "build one with serre corpus build and name it with --set data.corpus=FOLDER")
        }
        let built = folder + "/corpus"
        try CorpusBuilder.build(sources: [CorpusSource(path: source)], output: built)
        return built
    }
}
