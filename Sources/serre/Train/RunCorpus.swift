import Corpora
import Diagnostics
import Foundation
import Integrity
import Training

/// `corpus.json` in a run's folder: the text that the run learns from, so that it goes on with the same.
struct RunCorpus: Codable {
    /// The corpus's folder or the manifest of its token files, absolute.
    var folder: String
    var digest: String

    init(_ corpus: any TokenSource) {
        folder = URL(fileURLWithPath: corpus.place).standardizedFileURL.path
        digest = corpus.digest.description
    }

    /// Reads what a run remembers; `nil` when the file is not there.
    static func read(_ run: RunFolder) throws(Diagnostic) -> RunCorpus? {
        guard let data = FileManager.default.contents(atPath: path(run)) else { return nil }
        do {
            return try JSONDecoder().decode(RunCorpus.self, from: data)
        } catch {
            throw Diagnostic(
                "run.corpus", "the run's note of its corpus is damaged", at: .init(file: path(run)),
                remedy: "remove the file and name the run's corpus with --corpus")
        }
    }

    func write(to run: RunFolder) throws(Diagnostic) {
        try AtomicFile.write(try Console.json(self) + "\n", to: Self.path(run))
    }

    /// Throws when `corpus` is not the one that the run began with: its result would be another.
    func require(_ corpus: any TokenSource) throws(Diagnostic) {
        guard corpus.digest.description == digest else {
            throw Diagnostic(
                "resume.corpus", "this is not the corpus that the run began with", at: .init(file: corpus.place),
                expected: digest, found: corpus.digest.description,
                remedy: "name the same corpus with --corpus, or start a new run")
        }
    }

    private static func path(_ run: RunFolder) -> String { run.path + "/corpus.json" }
}
