import CTokenizer

/// A way to split text into the words that are merged by themselves.
enum WordSplit: Sendable, Equatable {
    case bloom, gpt2, llama3, eachDigit, digits

    /// The regular expressions that name the patterns in files; the first of each is the one that is written.
    static let patterns: [(split: WordSplit, pattern: String)] = [
        (.bloom, #" ?[^(\s|[.,!?…。，、।۔،])]+"#),
        (.gpt2, #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#),
        (
            .llama3,
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"#
                + #"\s*[\r\n]+|\s+(?!\S)|\s+"#
        ),
        // The same pattern in the spelling of cl100k_base, without and with possessive quantifiers.
        (
            .llama3,
            #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"#
                + #"\s*[\r\n]|\s+(?!\S)|\s+"#
        ),
        (
            .llama3,
            #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|"#
                + #"\s*[\r\n]|\s+(?!\S)|\s+"#
        ),
    ]

    /// The regular expression that is written for the pattern; `nil` for digits, which files name otherwise.
    var pattern: String? { Self.patterns.first { $0.split == self }?.pattern }

    var kernel: serre_split {
        switch self {
        case .bloom: SERRE_SPLIT_BLOOM
        case .gpt2: SERRE_SPLIT_GPT2
        case .llama3: SERRE_SPLIT_LLAMA3
        case .eachDigit: SERRE_SPLIT_EACH_DIGIT
        case .digits: SERRE_SPLIT_DIGITS
        }
    }
}
