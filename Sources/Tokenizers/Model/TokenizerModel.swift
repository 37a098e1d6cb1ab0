/// Everything that a tokeniser is, as plain values: what a `tokenizer.json` says.
struct TokenizerModel: Sendable, Equatable {
    /// The byte strings of the tokens that merging can yield, and of those that stand in the vocabulary by name only.
    var tokens = TokenTable()
    /// Tokens of the vocabulary whose names are not the characters of bytes: only ever found as added tokens.
    var opaque: Set<TokenID> = []
    /// The token of each byte.
    var byteTokens: [TokenID] = []
    /// In order of rank.
    var merges: [Merge] = []
    /// A word that is a token is that token, whatever its merges say (`ignore_merges`).
    var takesWholeWords = false
    /// One after the other, each within the pieces of the one before.
    var splits: [WordSplit] = []
    /// A space goes before a text that does not begin with one.
    var addsPrefixSpace = false
    var addedTokens: [AddedToken] = []
    /// The tokens that a template puts before and after a text.
    var before: [TokenID] = []
    var after: [TokenID] = []

    /// Two tokens that become one.
    struct Merge: Sendable, Equatable {
        var left, right, merged: TokenID
    }

    /// One more than the largest number of a token.
    var vocabularySize: Int { max(tokens.count, (addedTokens.map { Int($0.id) + 1 }.max() ?? 0)) }

    /// The tokeniser whose tokens are the bytes, with a document end.
    static let bytes: TokenizerModel = {
        var model = TokenizerModel()
        model.tokens = TokenTable((0...255).map { [UInt8($0)] })
        model.byteTokens = (0...255).map { TokenID($0) }
        model.addedTokens = [AddedToken(id: 256, content: "<|end|>", isSpecial: true)]
        return model
    }()
}
