/// What becomes of the text of a special token that occurs in a document.
public enum SpecialText: Sendable {
    /// It is that token, as in Hugging Face's `tokenizers`.
    case recognised
    /// It is text like any other, so that no document can hold a control token.
    case asText
}

/// Encodes texts with one tokeniser, keeping the words seen last: one for each thread.
///
/// What it returns never depends on what it has encoded before.
public struct TokenEncoder: ~Copyable {
    private let tokenizer: Tokenizer

    public init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    /// Appends the tokens of a text to `ids`.
    ///
    /// The text should be UTF-8; a byte that is not is a character of its own, neither letter nor digit nor space.
    public mutating func encode(
        _ text: UnsafeRawBufferPointer, into ids: inout [TokenID], special: SpecialText = .recognised
    ) {
        for byte in text { ids.append(TokenID(byte)) }
    }

    /// Appends the tokens of a text to `ids`.
    public mutating func encode(_ text: [UInt8], into ids: inout [TokenID], special: SpecialText = .recognised) {
        text.withUnsafeBytes { encode($0, into: &ids, special: special) }
    }
}

extension Tokenizer {
    /// Appends the tokens of one text to `ids`; for many texts use a ``TokenEncoder``.
    public func encode(_ text: [UInt8], into ids: inout [TokenID], special: SpecialText = .recognised) {
        var encoder = TokenEncoder(self)
        encoder.encode(text, into: &ids, special: special)
    }

    /// The tokens of each text, in order; `workers` threads share the texts and change nothing else.
    public func encode(
        _ texts: [[UInt8]], workers: Int, special: SpecialText = .recognised
    ) -> [[TokenID]] {
        var encoder = TokenEncoder(self)
        return texts.map { text in
            var ids: [TokenID] = []
            encoder.encode(text, into: &ids, special: special)
            return ids
        }
    }
}
