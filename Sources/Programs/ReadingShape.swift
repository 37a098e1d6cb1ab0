/// How much a forward pass reads at once that reads texts and not whole samples: tokens of several texts, each at a place of its
/// own, with the keys and values of the tokens before it.
public struct ReadingShape: Sendable, Hashable {
    /// Tokens of all texts together.
    public var rows: Int
    /// Of these, so many whose logits are wanted.
    public var asked: Int
    /// Texts whose keys and values there is room for, and the positions of each.
    public var texts: Int
    public var positions: Int
    /// Whether keys and values are still there in the next pass, which goes on with the texts; then logits are all that is
    /// computed of the asked rows. Otherwise each pass reads whole texts, and what the asked rows' targets cost is computed too.
    public var goesOn: Bool

    public init(rows: Int, asked: Int, texts: Int, positions: Int, goesOn: Bool) {
        (self.rows, self.asked, self.texts, self.positions) = (rows, asked, texts, positions)
        self.goesOn = goesOn
    }

    /// Buffers that whoever starts a pass fills, of int32 numbers: each row's token and its position; the texts, four numbers
    /// each (see ``KeptAttention``); the asked rows; and these rows' targets.
    public static let tokensName = "tokens"
    public static let positionsName = "positions"
    public static let textsName = "texts"
    public static let askedName = "asked"
    public static let targetsName = "targets"
    /// What a pass leaves behind, in float32, a row (or a number) for each asked one.
    public static let logitsName = "logits"
    public static let largestName = "logit max"
    public static let sumsName = "exp sums"
    public static let targetLogitsName = "target logits"
}

/// Causal attention of texts whose earlier keys and values are kept.
///
/// A text is four int32 numbers: the place of its keys and values, the position of its first row, that row, and its count of
/// rows (0 for none). Its keys and values are added to the kept ones first.
public struct KeptAttention: Sendable, Equatable {
    public var rows: Int
    public var texts: Int
    /// Positions that there is room for.
    public var positions: Int
    public var heads: Int
    /// Groups of query heads that share a key and a value.
    public var keyValueHeads: Int
    public var headSize: Int

    /// Numbers of one row's queries, keys and values.
    public var width: Int { (heads + 2 * keyValueHeads) * headSize }

    /// Numbers that hold a text's keys and values. Kernels lay them out in vectors: keys in panels of 32 positions at most,
    /// values in rows of a multiple of 16.
    public var keptPerText: Int {
        keyValueHeads * ((positions + 31) / 32 * 32 * headSize + positions * ((headSize + 15) / 16 * 16))
    }
}
