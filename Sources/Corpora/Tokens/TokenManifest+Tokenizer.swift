import Diagnostics
import Foundation
import Integrity
import Interchange
import Tokenizers

extension TokenManifest {
    /// The tokeniser beside the tokens, and its file's bytes, after checking their digest.
    func openTokenizer(in folder: String) throws(Diagnostic) -> (tokenizer: Tokenizer, file: Data) {
        let path = "\(folder)/\(tokenizer.file)"
        let file = try readFile(path)
        let found = SHA256.digest(of: file)
        guard found == tokenizer.sha256 else {
            throw Self.altered("the tokeniser", path, expected: tokenizer.sha256, found: found)
        }
        let opened = try Tokenizer.load(tokenizer.name == Tokenizer.bytesName ? Tokenizer.bytesName : path)
        guard opened.vocabularySize <= vocabulary else {
            throw Diagnostic(
                "tokens.tokenizer", "the tokeniser has more tokens than the manifest says", at: .init(file: path),
                expected: "at most \(vocabulary)", found: "\(opened.vocabularySize)")
        }
        return (opened, file)
    }

    /// What a model that learnt from token files takes along: their tokeniser, with the token that ends documents.
    ///
    /// `path` is the manifest's; no token is read. Throws what ``read(_:)`` throws, and `tokens.digest` for a tokeniser that is
    /// not the recorded one.
    public static func tokenizerFiles(_ path: String) throws(Diagnostic) -> (digest: Digest, files: TokenizerFiles) {
        let manifest = try read(path)
        let (tokenizer, file) = try manifest.openTokenizer(in: folderAndName(path).folder)
        let text = tokenizer.bytes(of: TokenID(manifest.documentEnd)).map { String(decoding: $0, as: UTF8.self) }
        return (
            manifest.digest,
            TokenizerFiles(
                json: Array(file), documentEnd: manifest.documentEnd, documentEndText: text ?? "")
        )
    }
}
