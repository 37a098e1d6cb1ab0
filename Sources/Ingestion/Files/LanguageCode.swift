/// The codes that name languages, such as `fr`, `pt-BR` or `zh_Hant`.
public enum LanguageCode {
    /// Whether a text can name a language: two or three small letters, then subtags such as `-BR` or `_Hant`.
    public static func isValid(_ code: String) -> Bool {
        let parts = code.utf8.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard let primary = parts.first, (2...3).contains(primary.count) else { return false }
        return primary.allSatisfy { (97...122).contains($0) }
            && parts.dropFirst().allSatisfy { (2...8).contains($0.count) && $0.allSatisfy(isAlphanumeric) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
