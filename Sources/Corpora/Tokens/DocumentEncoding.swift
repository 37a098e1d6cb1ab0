import Diagnostics
import Integrity
import Interchange
import Tokenizers

/// How a document becomes tokens: the tokeniser, and the token that ends it.
struct DocumentEncoding: Sendable {
    let tokenizer: Tokenizer
    let documentEnd: TokenID
    /// The content of the tokeniser's file, and its digest.
    let file: [UInt8]
    let digest: Digest

    /// Loads the tokeniser `bytes` or a `tokenizer.json`; `documentEnd` names the token to end documents with.
    init(_ nameOrPath: String, documentEnd name: String?) throws(Diagnostic) {
        tokenizer = try Tokenizer.load(nameOrPath)
        file = tokenizer.name == Tokenizer.bytesName ? tokenizer.json : Array(try readFile(tokenizer.name))
        digest = SHA256.digest(of: file)
        guard digest == tokenizer.digest else {
            throw Diagnostic(
                "tokens.tokenizer", "the tokeniser's file changed while it was read", at: .init(file: tokenizer.name),
                kind: .failure)
        }
        if let name {
            guard let id = tokenizer.id(of: name) else {
                throw Diagnostic(
                    "tokens.document-end", "the tokeniser has no such token to end documents with",
                    at: .init(file: nameOrPath), found: name,
                    remedy: nearestWord(to: name, among: tokenizer.addedTokens.map(\.content))
                        .map { "did you mean \($0)?" })
            }
            documentEnd = id
        } else if let id = tokenizer.documentEnd {
            documentEnd = id
        } else {
            throw Diagnostic(
                "tokens.document-end", "the tokeniser has no token of a usual name to end documents with",
                at: .init(file: nameOrPath),
                expected: "</s>, <|endoftext|>, <|end_of_text|>, <|end|> or <eos> among the added tokens",
                remedy: "name the token with --document-end")
        }
    }

    /// How a token is stored.
    var type: TokenType { TokenType.fitting(vocabulary: tokenizer.vocabularySize) }

    /// The name that manifests give the tokeniser.
    var name: String { tokenizer.name == Tokenizer.bytesName ? Tokenizer.bytesName : "bpe" }

    /// Appends a document's tokens and the document end.
    func encode(_ text: [UInt8], with encoder: inout TokenEncoder, into tokens: inout [TokenID]) {
        encoder.encode(text, into: &tokens, special: .asText)
        tokens.append(documentEnd)
    }
}
