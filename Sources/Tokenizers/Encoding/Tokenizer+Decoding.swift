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
            let bytes = texts[id]
            guard !bytes.isEmpty else {
                throw Diagnostic(
                    "tokenizer.id", "number \(index + 1) is no token of \(name)",
                    expected: "a number from 0 to \(vocabularySize - 1)", found: "\(id)")
            }
            if skippingSpecial, isSpecial(id) { continue }
            text += bytes
        }
        return text
    }

    /// Whether a number is a special token's.
    public func isSpecial(_ id: TokenID) -> Bool { specialIDs.contains(id) }
}
