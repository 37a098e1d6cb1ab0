/// A token that is found in the text itself, before the text is split into words: `</s>`, `<|endoftext|>` and the like.
///
/// The fields are those of an entry of `added_tokens` in Hugging Face's `tokenizer.json`.
public struct AddedToken: Sendable, Equatable {
    /// The token's number.
    public var id: TokenID
    /// The text that stands for it.
    public var content: String
    /// Whether it controls a model rather than being text (`special`).
    public var isSpecial: Bool
    /// Whether it takes the white space before it (`lstrip`).
    public var takesSpaceBefore: Bool
    /// Whether it takes the white space after it (`rstrip`).
    public var takesSpaceAfter: Bool
    /// Whether it counts only where no word character touches it (`single_word`).
    public var isSingleWord: Bool
    /// Whether it is looked for after those that are not, in what they left (`normalized`).
    public var isNormalized: Bool

    public init(
        id: TokenID, content: String, isSpecial: Bool, takesSpaceBefore: Bool = false, takesSpaceAfter: Bool = false,
        isSingleWord: Bool = false, isNormalized: Bool = false
    ) {
        self.id = id
        self.content = content
        self.isSpecial = isSpecial
        self.takesSpaceBefore = takesSpaceBefore
        self.takesSpaceAfter = takesSpaceAfter
        self.isSingleWord = isSingleWord
        self.isNormalized = isNormalized
    }
}
