import Diagnostics

extension Tokenizer {
    /// The bytes that tokens stand for, one after the other: valid UTF-8 when the tokens are those of a whole text.
    ///
    /// With `skippingSpecial`, special tokens stand for nothing. Throws `tokenizer.id` for a number that is no token.
    public func decode(
        _ ids: some Sequence<TokenID>, skippingSpecial: Bool = false
    ) throws(Diagnostic) -> [UInt8] {
        var text: [UInt8] = []
        for (index, id) in ids.enumerated() {
            guard let bytes = bytes(of: id) else {
                throw Diagnostic(
                    "tokenizer.id", "token \(index + 1) is not in the vocabulary of \(name)",
                    expected: "a number from 0 to \(vocabularySize - 1)", found: "\(id)")
            }
            if skippingSpecial, addedTokens.contains(where: { $0.id == id && $0.isSpecial }) { continue }
            text += bytes
        }
        return text
    }
}
