/// The limits for program code that ROOTS used (`sourcing/code_dataset` of bigscience-workshop/data-preparation).
///
/// A figure named `…Above` or `…Below` is itself outside, as in the published comparisons.
public struct CodeParameters: Sendable, Equatable {
    /// Greatest size of a file, in bytes.
    public var bytesMax = 1_048_575
    public var charactersAbove = 100
    public var charactersBelow = 200_000
    /// The longest line, in characters.
    public var longestLineAbove = 20
    public var longestLineBelow = 1000
    /// The standard deviation of the lengths of tokens, which are what stands between white space.
    public var tokenLengthDeviationAbove = 3.0
    /// The share of characters other than letters, digits and `_` (so with white space).
    public var specialCharactersAbove = 0.15
    public var specialCharactersBelow = 0.65

    public init() {}
}
