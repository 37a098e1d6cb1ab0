/// What redaction looks for; the raw value is the tag that stands in its place after `PI:`.
public enum PersonalDataKind: String, Sendable, CaseIterable {
    /// Passwords, access keys and other long random strings.
    case key = "KEY"
    /// Electronic mail addresses.
    case email = "EMAIL"
    /// Names of accounts behind an at sign.
    case user = "USER"
    /// Internet addresses, version 4 and 6, that belong to somebody.
    case address = "IP_ADDRESS"
    /// Telephone numbers. ROOTS dropped it for its false positives: tables and prices look much like them.
    case number = "NUMBER"
    /// Numbers of passports, accounts and the like. ROOTS dropped it for its false positives.
    case identifier = "ID"

    /// The four that ROOTS kept.
    public static let standard: [PersonalDataKind] = [.key, .email, .user, .address]

    /// What stands in the place of a match: `PI:` and the tag, as in ROOTS.
    public var replacement: String { "PI:" + rawValue }

    /// The place among all kinds.
    var order: Int {
        switch self {
        case .key: 0
        case .email: 1
        case .user: 2
        case .address: 3
        case .number: 4
        case .identifier: 5
        }
    }
}
