import Diagnostics
import Integrity

/// A byte-level BPE tokeniser: text of any language to token numbers and back, without loss.
///
/// ```swift
/// let tokenizer = try Tokenizer.load("tokenizer.json")
/// var ids: [TokenID] = []
/// tokenizer.encode(Array("Bonjour".utf8), into: &ids)
/// let text = try tokenizer.decode(ids)
/// ```
///
/// It is a value that threads may share. Where many texts are encoded, let each thread make one ``TokenEncoder``: it keeps
/// the words seen last.
public struct Tokenizer: Sendable {
    /// The name of the tokeniser whose tokens are the 256 bytes and one document end.
    public static let bytesName = "bytes"

    /// What it was loaded by: ``bytesName`` or a path.
    public let name: String
    /// The SHA-256 of its `tokenizer.json`; for `bytes`, of the file that it would be written as.
    public let digest: Digest
    /// One more than the largest token number, added tokens included.
    public let vocabularySize: Int
    /// The tokens found in text before it is split, by id.
    public let addedTokens: [AddedToken]
    /// The token that ends documents, if one of the usual names is among the added tokens.
    ///
    /// `</s>`, `<|endoftext|>`, `<|end_of_text|>`, `<|end|>`, `<eos>`: the first of these that there is.
    public let documentEnd: TokenID?

    /// Loads a tokeniser: the name `bytes`, a `tokenizer.json`, or a folder that holds one.
    ///
    /// Throws `tokenizer.…` diagnostics that name the file and the key of what is malformed or not supported, and what
    /// is supported instead.
    public static func load(_ nameOrPath: String) throws(Diagnostic) -> Tokenizer {
        guard nameOrPath == bytesName else {
            throw Diagnostic(
                "tokenizer.unsupported", "only the tokenizer “bytes” can be loaded so far", at: .init(file: nameOrPath))
        }
        return bytes
    }

    /// The tokeniser ``bytesName``: token `b` is the byte `b`, 256 ends documents.
    public static let bytes = Tokenizer(
        name: bytesName, digest: SHA256.digest(of: Array(bytesName.utf8)), vocabularySize: 257,
        addedTokens: [AddedToken(id: 256, content: "<|end|>", isSpecial: true)], documentEnd: 256)

    /// The number of the token that is written as `text`: an added token, or a token that stands for these bytes.
    public func id(of text: String) -> TokenID? {
        if let added = addedTokens.first(where: { $0.content == text }) { return added.id }
        return text.utf8.count == 1 ? text.utf8.first.map { TokenID($0) } : nil
    }

    /// The bytes that a token stands for; an added token's are those of its text. `nil` for a number that is no token.
    public func bytes(of id: TokenID) -> [UInt8]? {
        if let added = addedTokens.first(where: { $0.id == id }) { return Array(added.content.utf8) }
        return (0..<256).contains(id) ? [UInt8(id)] : nil
    }
}
