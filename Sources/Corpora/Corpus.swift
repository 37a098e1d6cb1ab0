import Diagnostics
import Foundation
import Integrity

/// A built corpus, opened for reading: token windows to train on, windows to measure on, and where it all is from.
///
/// ```swift
/// let corpus = try Corpus.open("corpora/demo")
/// var window = [Int32](repeating: 0, count: 257)
/// window.withUnsafeMutableBufferPointer { corpus.trainWindow(0, sequenceLength: 256, into: $0) }
/// ```
///
/// Shards are mapped, not loaded. The train tokens are one sequence: all train shards in the manifest's order.
public struct Corpus: Sendable {
    /// The token that follows each document; the tokens below it are bytes.
    public static let documentEnd = 256

    /// The corpus folder.
    public let folder: String
    /// What the corpus is.
    public let manifest: CorpusManifest
    let train: TokenStream
    /// One sequence for each entry of the manifest's languages.
    private let validation: [TokenStream]
    /// Whether opening has verified the files.
    let isVerified: Bool

    /// Opens a corpus folder.
    ///
    /// The manifest is always checked against its digest and every shard's size against the manifest. `verify` checks the
    /// SHA-256 of every file too: leave it out only where the same corpus was verified before. `nil` verifies shards of up to
    /// ``TokenCorpus/verifiedBytes`` in all, and leaves larger ones to ``beginVerification()``. Throws a `Diagnostic` that names
    /// the file, and the digest expected and found.
    public static func open(_ folder: String, verify: Bool? = true) throws(Diagnostic) -> Corpus {
        let manifest = try CorpusManifest.read(fromFolder: folder)
        let verify = verify ?? (manifest.shards.reduce(0) { $0 + 2 * $1.tokens } <= TokenCorpus.verifiedBytes)
        var train = TokenStream()
        var validation = [TokenStream](repeating: TokenStream(), count: manifest.languages.count)
        for shard in manifest.shards {
            let data = try openShard(shard, in: folder, verify: verify)
            switch shard.split {
            case .train: train.append(data)
            case .validation:
                if let language = manifest.languages.firstIndex(where: { $0.code == shard.language }) {
                    validation[language].append(data)
                }
            }
        }
        if verify { for table in manifest.tables { try check(table.file, in: folder, sha256: table.sha256) } }
        return Corpus(
            folder: folder, manifest: manifest, train: train, validation: validation, isVerified: verify)
    }

    private init(
        folder: String, manifest: CorpusManifest, train: TokenStream, validation: [TokenStream], isVerified: Bool
    ) {
        (self.folder, self.isVerified) = (folder, isVerified)
        self.manifest = manifest
        self.train = train
        self.validation = validation
    }

    /// The digest of the whole corpus: equal digests mean equal tokens, tables and figures.
    public var digest: Digest { manifest.digest }

    /// How many token numbers there are, document end included.
    public var vocabulary: Int { manifest.vocabulary }

    /// The languages that have documents, in byte-wise order of their codes.
    public var languages: [String] { manifest.languages.filter { $0.kept > 0 }.map(\.code) }

    /// The document table of a language, in document order; empty for a language that the corpus lacks.
    public func documents(language: String) throws(Diagnostic) -> [CorpusDocument] {
        guard let table = manifest.tables.first(where: { $0.language == language }) else { return [] }
        let bytes = try Corpus.openFile(table.file, in: folder, sha256: table.sha256)
        var documents = [CorpusDocument]()
        for line in bytes.split(separator: 10) {
            do {
                documents.append(try JSONDecoder().decode(CorpusDocument.self, from: line))
            } catch {
                let location = Diagnostic.Location(
                    file: "\(folder)/\(table.file)", line: documents.count + 1, key: codingKey(of: error))
                throw Diagnostic("corpus.table", "this is not a row of a document table", at: location)
            }
        }
        return documents
    }
}

// MARK: - Windows

extension Corpus {
    /// The train tokens N, document ends included.
    public var trainTokenCount: Int { train.count }

    /// The train windows of S inputs each: (N − 1) / S.
    public func trainWindowCount(sequenceLength: Int) -> Int { train.windowCount(sequenceLength: sequenceLength) }

    /// Copies the train tokens `[index·S, index·S + S + 1)`: S inputs, and targets shifted by one, into the first S + 1
    /// elements of `buffer`.
    public func trainWindow(_ index: Int, sequenceLength: Int, into buffer: UnsafeMutableBufferPointer<Int32>) {
        train.copyWindow(index, sequenceLength: sequenceLength, into: buffer)
    }

    /// The held-out windows of a language; 0 for a language without held-out documents.
    public func validationWindowCount(language: String, sequenceLength: Int) -> Int {
        validationStream(language).windowCount(sequenceLength: sequenceLength)
    }

    /// Copies the held-out tokens `[index·S, index·S + S + 1)` of a language into the first S + 1 elements of `buffer`.
    public func validationWindow(
        language: String, index: Int, sequenceLength: Int, into buffer: UnsafeMutableBufferPointer<Int32>
    ) {
        validationStream(language).copyWindow(index, sequenceLength: sequenceLength, into: buffer)
    }

    /// The held-out tokens of a language, document ends included.
    public func validationTokenCount(language: String) -> Int { validationStream(language).count }

    /// The bytes of text in the held-out documents of a language.
    public func validationBytes(language: String) -> Int {
        manifest.languages.first { $0.code == language }?.validation.bytes ?? 0
    }

    private func validationStream(_ language: String) -> TokenStream {
        manifest.languages.firstIndex { $0.code == language }.map { validation[$0] } ?? TokenStream()
    }
}

// MARK: - Files

extension Corpus {
    /// The diagnostic for a file whose digest is not the recorded one.
    static func altered(_ what: String, _ path: String, expected: Digest, found: Digest) -> Diagnostic {
        Diagnostic(
            "corpus.digest", "\(what) is truncated or altered", at: .init(file: path), expected: expected.description,
            found: found.description, remedy: "build the corpus again or restore the file")
    }

    private static func openFile(_ file: String, in folder: String, sha256: Digest) throws(Diagnostic) -> Data {
        let path = "\(folder)/\(file)"
        let data = try readFile(path)
        let found = data.withUnsafeBytes { SHA256.digest(of: $0) }
        guard found == sha256 else { throw altered("the file", path, expected: sha256, found: found) }
        return data
    }

    /// Checks a file's digest, without keeping anything of it in memory.
    static func check(
        _ file: String, in folder: String, sha256: Digest,
        progress: TokenVerification.Progress = { _ throws(Diagnostic) in }
    ) throws(Diagnostic) {
        let path = "\(folder)/\(file)"
        let found = try SHA256.digest(ofFile: path) { (piece) throws(Diagnostic) in try progress(piece.count) }
        guard found == sha256 else { throw altered("the file", path, expected: sha256, found: found) }
    }

    private static func openShard(
        _ shard: CorpusManifest.Shard, in folder: String, verify: Bool
    ) throws(Diagnostic) -> Data {
        if verify { try check(shard.file, in: folder, sha256: shard.sha256) }
        let data = try readFile("\(folder)/\(shard.file)")
        guard data.count == 2 * shard.tokens else {
            throw Diagnostic(
                "corpus.truncated", "the shard is truncated or altered", at: .init(file: "\(folder)/\(shard.file)"),
                expected: "\(2 * shard.tokens) bytes", found: "\(data.count) bytes",
                remedy: "build the corpus again or restore the file")
        }
        return data
    }
}
