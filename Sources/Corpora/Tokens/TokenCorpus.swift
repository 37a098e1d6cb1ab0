import Diagnostics
import Foundation
import Integrity
import Interchange
import Tokenizers

/// Token files, opened for reading: windows to train on, windows to measure on, and where it all is from.
///
/// ```swift
/// let tokens = try TokenCorpus.open("tokens/small.json")
/// ```
///
/// The files are mapped, not loaded. A language's train tokens are one sequence of documents, each with the document end after
/// it, and its windows run across documents: nothing is reset at a document's beginning, as is usual in training of this
/// kind. Which window a sample is follows from a ``BlendedOrder``.
public struct TokenCorpus: Sendable {
    /// The path of the manifest.
    public let path: String
    /// What the token files are.
    public let manifest: TokenManifest
    /// The tokeniser that made them.
    public let tokenizer: Tokenizer
    private let train: [IndexedTokens?]
    private let validation: [IndexedTokens?]
    /// How many bytes of text each token stands for; none for the document end.
    private let textBytesOfToken: [UInt16]

    /// Whether opening has verified the files.
    private let isVerified: Bool

    /// Up to this many bytes of files are verified when they are opened, unless the caller says otherwise: a matter of a tenth of a
    /// second.
    public static let verifiedBytes = 64 << 20

    /// Opens token files by their manifest.
    ///
    /// The manifest is always checked against its digest, every file's size and counts against the manifest. `verify` checks the
    /// SHA-256 of every file, the whole of every index, and that every token is in the vocabulary too: it reads everything
    /// once; unless it is said, that is done for files of up to ``verifiedBytes`` in all. Larger ones are opened in constant time
    /// and memory, and it is for the caller to ``beginVerification()`` of them. Throws a `Diagnostic` that names the file, and
    /// what was expected and found.
    public static func open(_ path: String, verify: Bool? = nil) throws(Diagnostic) -> TokenCorpus {
        let manifest = try TokenManifest.read(path)
        let folder = folderAndName(path).folder
        let tokenizer = try manifest.openTokenizer(in: folder).tokenizer
        var parts: [Split: [IndexedTokens?]] = [:]
        for split in Split.allCases {
            for language in manifest.languages {
                let part = language.part(split)
                let tokens = try part.map { (part) throws(Diagnostic) in try open(part, manifest.type, in: folder) }
                parts[split, default: []].append(tokens)
            }
        }
        let bytes = parts.values.joined().reduce(0) { $0 + ($1?.fileBytes ?? 0) }
        let isVerified = verify ?? (bytes <= verifiedBytes)
        let corpus = TokenCorpus(
            path: path, manifest: manifest, tokenizer: tokenizer, train: parts[.train] ?? [],
            validation: parts[.validation] ?? [],
            textBytesOfToken: (0..<manifest.vocabulary).map { token in
                token == manifest.documentEnd
                    ? 0 : UInt16(clamping: tokenizer.bytes(of: TokenID(token))?.count ?? 0)
            }, isVerified: isVerified)
        if isVerified { try corpus.verify() }
        return corpus
    }

    private static func open(
        _ part: TokenManifest.Part, _ type: String, in folder: String
    ) throws(Diagnostic) -> IndexedTokens {
        let tokens = try IndexedTokens(prefix: "\(folder)/\(part.file)")
        let found = [tokens.type.name, "\(tokens.documentCount)", "\(tokens.tokenCount)"]
        let expected = [type, "\(part.documents)", "\(part.tokens)"]
        guard found == expected else {
            throw Diagnostic(
                "tokens.changed", "the files are not those that the manifest lists (type, documents, tokens)",
                at: .init(file: tokens.prefix + ".idx"), expected: expected.joined(separator: ", "),
                found: found.joined(separator: ", "), remedy: "build the tokens again or restore the files")
        }
        return tokens
    }

    /// Checks the SHA-256 of every file, the whole of every index, and that every token is in the vocabulary.
    public func verify() throws(Diagnostic) { for file in files(of: Split.allCases) { try file.check { _ in } } }

    public func verifyHeldOut() throws(Diagnostic) {
        if !isVerified { for file in files(of: [.validation]) { try file.check { _ in } } }
    }

    public func beginVerification() -> TokenVerification? {
        isVerified ? nil : TokenVerification(files(of: [.validation, .train]), place: path)
    }

    /// The pairs of files of splits, with how to check them.
    private func files(of splits: [Split]) -> [TokenVerification.File] {
        splits.flatMap { split in
            zip(manifest.languages, split == .train ? train : validation).compactMap { language, tokens in
                guard let tokens, let part = language.part(split) else { return nil }
                let vocabulary = manifest.vocabulary
                return .init(bytes: tokens.fileBytes) { (progress) throws(Diagnostic) in
                    try Self.check(tokens, part, vocabulary: vocabulary, progress)
                }
            }
        }
    }

    private static func check(
        _ tokens: IndexedTokens, _ part: TokenManifest.Part, vocabulary: Int, _ progress: TokenVerification.Progress
    ) throws(Diagnostic) {
        let found = try tokens.findings(vocabulary: vocabulary, progress: progress)
        for (suffix, expected, found) in [(".bin", part.bin, found.bin), (".idx", part.idx, found.idx)]
        where expected != found {
            throw altered("the file", tokens.prefix + suffix, expected: expected, found: found)
        }
        try tokens.verify()
        if let wrong = found.wrongToken { throw wrong }
    }

    /// The diagnostic for a file whose digest is not the recorded one.
    static func altered(_ what: String, _ path: String, expected: Digest, found: Digest) -> Diagnostic {
        Diagnostic(
            "tokens.digest", "\(what) is truncated or altered", at: .init(file: path), expected: expected.description,
            found: found.description, remedy: "build the tokens again or restore the file")
    }

    /// The train tokens of a language, by its place in the manifest.
    func trainTokens(_ language: Int) -> IndexedTokens? { train[language] }

    /// The held-out tokens of a language; `nil` for one without.
    func validationTokens(_ language: String) -> IndexedTokens? {
        manifest.languages.firstIndex { $0.code == language }.flatMap { validation[$0] }
    }

    /// The bytes of text that a token stands for.
    func textBytes(of token: Int32) -> Int {
        textBytesOfToken.indices.contains(Int(token)) ? Int(textBytesOfToken[Int(token)]) : 0
    }
}
