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
    /// The tokens that the file's template puts before and after a text; ``encode(_:into:special:)`` does not.
    public let template: (before: [TokenID], after: [TokenID])

    /// How many merges there are.
    public var mergeCount: Int { model.merges.count }

    let model: TokenizerModel
    let tables: EncodingTables
    /// What each token stands for, added ones included.
    let texts: TokenTable
    let specialIDs: Set<TokenID>

    init(_ model: TokenizerModel, name: String, digest: Digest) {
        self.name = name
        self.digest = digest
        self.model = model
        vocabularySize = model.vocabularySize
        addedTokens = model.addedTokens.sorted { $0.id < $1.id }
        documentEnd =
            Self.documentEndNames.lazy
            .compactMap { name in model.addedTokens.first { $0.content == name && $0.isSpecial }?.id }.first
        template = (model.before, model.after)
        tables = EncodingTables(model)
        let added = Dictionary(model.addedTokens.map { ($0.id, $0.content) }, uniquingKeysWith: { first, _ in first })
        texts = TokenTable(
            (0..<TokenID(model.vocabularySize)).map { id in
                added[id].map { Array($0.utf8) } ?? Array(model.tokens[id])
            })
        specialIDs = Set(model.addedTokens.filter(\.isSpecial).map(\.id))
    }

    private static let documentEndNames = ["</s>", "<|endoftext|>", "<|end_of_text|>", "<|end|>", "<eos>"]

    /// The tokeniser ``bytesName``: token `b` is the byte `b`, 256 ends documents.
    public static let bytes = Tokenizer(
        .bytes, name: bytesName, digest: SHA256.digest(of: TokenizerModel.bytes.json()))

    /// The tokeniser as a `tokenizer.json` that Hugging Face's `tokenizers` loads: the same bytes every time.
    public var json: [UInt8] { model.json() }

    /// The number of the token that is written as `text`: an added token, or a token that stands for its bytes.
    public func id(of text: String) -> TokenID? {
        if let added = addedTokens.first(where: { $0.content == text }) { return added.id }
        return tables.token(of: Array(text.utf8))
    }

    /// The bytes that a token stands for; an added token's are those of its text. `nil` for a number that is no token.
    public func bytes(of id: TokenID) -> [UInt8]? {
        let bytes = texts[id]
        return bytes.isEmpty ? nil : Array(bytes)
    }
}
