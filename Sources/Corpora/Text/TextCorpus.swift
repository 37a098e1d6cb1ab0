import Diagnostics
import Foundation
import Integrity

/// A built corpus of texts, opened for reading.
///
/// ```swift
/// let corpus = try TextCorpus.open("corpora/news")
/// try corpus.forEachText(language: "fr", split: .train) { (text) throws(Diagnostic) in … text.bytes … }
/// ```
///
/// Shards are mapped; one text at a time is in memory.
public struct TextCorpus: Sendable {
    /// The corpus folder.
    public let folder: String
    /// What the corpus is.
    public let manifest: TextCorpusManifest

    /// Opens a corpus folder. The manifest is always checked against its digest, and each file's size against the
    /// manifest; `verify` checks the SHA-256 of every file too.
    ///
    /// Throws a `Diagnostic` that names the file, and the digest or size expected and found.
    public static func open(_ folder: String, verify: Bool = true) throws(Diagnostic) -> TextCorpus {
        let corpus = TextCorpus(folder: folder, manifest: try TextCorpusManifest.read(fromFolder: folder))
        for file in corpus.manifest.files { _ = try corpus.content(of: file, verify: verify) }
        return corpus
    }

    /// The digest of the whole corpus: equal digests mean equal texts, tables and figures.
    public var digest: Digest { manifest.digest }

    /// The languages that have documents, in byte-wise order of their codes.
    public var languages: [String] { manifest.languages.filter { $0.kept > 0 }.map(\.code) }

    /// Visits the texts of a language in their order; `split` is what part of them, `nil` for all.
    ///
    /// Throws what `body` throws, and `corpus.texts` for a line that is not one of a shard.
    public func forEachText(
        language: String, split: Split? = nil, _ body: (CorpusText) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        for file in manifest.files where file.kind == .texts && file.language == language {
            try forEachLine(of: file) { (line, number) throws(Diagnostic) in
                guard let text = CorpusText(parsing: line) else {
                    throw Diagnostic(
                        "corpus.texts", "this is not a line of a shard",
                        at: .init(file: "\(folder)/\(file.file)", line: number), remedy: "build the corpus again")
                }
                if split == nil || text.split == split { try body(text) }
            }
        }
    }

    /// Visits the lines of a file, counted from 1.
    func forEachLine(
        of file: TextCorpusManifest.File, _ body: (UnsafeRawBufferPointer, Int) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let content = try content(of: file, verify: false)
        var failure: Diagnostic?
        content.withUnsafeBytes { raw in
            var (start, number) = (0, 1)
            do throws(Diagnostic) {
                while start < raw.count {
                    let end = lineEnd(raw, from: start)
                    try body(UnsafeRawBufferPointer(rebasing: raw[start..<end]), number)
                    (start, number) = (end + 1, number + 1)
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func lineEnd(_ raw: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = raw.baseAddress, let found = memchr(base + start, 10, raw.count - start) else {
            return raw.count
        }
        return UnsafeRawPointer(found) - base
    }

    private func content(of file: TextCorpusManifest.File, verify: Bool) throws(Diagnostic) -> Data {
        let path = "\(folder)/\(file.file)"
        let data = try readFile(path)
        guard data.count == file.bytes else {
            throw Diagnostic(
                "corpus.truncated", "the file is truncated or altered", at: .init(file: path),
                expected: "\(file.bytes) bytes", found: "\(data.count) bytes",
                remedy: "build the corpus again or restore the file")
        }
        guard verify else { return data }
        let found = data.withUnsafeBytes { SHA256.digest(of: $0) }
        guard found == file.sha256 else { throw Corpus.altered("the file", path, expected: file.sha256, found: found) }
        return data
    }
}
