import CTokenizer

/// What becomes of the text of a special token that occurs in a document.
public enum SpecialText: Sendable {
    /// It is that token, as in Hugging Face's `tokenizers`.
    case recognised
    /// It is text like any other, so that no document can hold a control token.
    case asText
}

/// Encodes texts with one tokeniser, keeping the words seen last: one for each thread.
///
/// What it returns never depends on what it has encoded before. It takes about 2 MB, and 4 bytes for each byte of the
/// longest text.
public struct TokenEncoder: ~Copyable {
    private let tables: EncodingTables
    private let pointer: OpaquePointer

    /// An encoder; without `caching` it is made faster and encodes more slowly.
    public init(_ tokenizer: Tokenizer, caching: Bool = true) {
        tables = tokenizer.tables
        pointer = serre_encoder_create(tables.pointer, caching)
    }

    deinit { serre_encoder_destroy(pointer) }

    /// Appends the tokens of a text to `ids`.
    ///
    /// The text should be UTF-8; a byte that is not is a character of its own, neither letter nor digit nor space. A word
    /// longer than 16 MiB is merged in parts of that length.
    public mutating func encode(
        _ text: UnsafeRawBufferPointer, into ids: inout [TokenID], special: SpecialText = .recognised
    ) {
        guard let base = text.baseAddress else { return }
        var count = 0
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        let found = serre_encode(pointer, bytes, text.count, special == .recognised, &count)
        ids.append(contentsOf: UnsafeBufferPointer(start: found, count: count))
    }

    /// Appends the tokens of a text to `ids`.
    public mutating func encode(_ text: [UInt8], into ids: inout [TokenID], special: SpecialText = .recognised) {
        text.withUnsafeBytes { encode($0, into: &ids, special: special) }
    }
}
