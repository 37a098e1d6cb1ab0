import Diagnostics

/// How many tokens the words and bytes of texts take: the yardstick of a multilingual tokeniser (Petrov et al. 2023,
/// Rust et al. 2021).
public struct Fertility: Sendable, Equatable {
    public var documents = 0
    /// Bytes of UTF-8.
    public var bytes = 0
    /// Runs without white space: of little meaning for languages written without spaces.
    public var words = 0
    public var tokens = 0

    public init() {}

    /// Tokens per word; 0 without words.
    public var tokensPerWord: Double { words > 0 ? Double(tokens) / Double(words) : 0 }
    /// Bytes of text per token; 0 without tokens.
    public var bytesPerToken: Double { tokens > 0 ? Double(bytes) / Double(tokens) : 0 }

    /// Adds a text with its tokens.
    public mutating func add(_ text: [UInt8], tokens: Int) {
        documents += 1
        bytes += text.count
        words += Self.wordCount(text)
        self.tokens += tokens
    }

    /// Adds the figures of other texts.
    public mutating func add(_ other: Fertility) {
        documents += other.documents
        bytes += other.bytes
        words += other.words
        tokens += other.tokens
    }

    /// How many runs without white space (Unicode's White_Space) there are.
    static func wordCount(_ text: [UInt8]) -> Int {
        var count = 0
        var isInWord = false
        var at = 0
        while at < text.count {
            let spaces = spaceLength(text, at)
            if spaces == 0, !isInWord { count += 1 }
            isInWord = spaces == 0
            at += max(1, spaces)
        }
        return count
    }

    /// The bytes of the white space character at a place; 0 for any other character.
    private static func spaceLength(_ text: [UInt8], _ at: Int) -> Int {
        let byte = text[at]
        if byte == 0x20 || (0x09...0x0D).contains(byte) { return 1 }
        guard byte >= 0xC2, at + 1 < text.count else { return 0 }
        let second = text[at + 1]
        if byte == 0xC2 { return second == 0x85 || second == 0xA0 ? 2 : 0 }
        guard (0xE1...0xE3).contains(byte), at + 2 < text.count else { return 0 }
        switch (byte, second, text[at + 2]) {
        case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9), (0xE2, 0x80, 0xAF),
            (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
            return 3
        default: return 0
        }
    }
}
