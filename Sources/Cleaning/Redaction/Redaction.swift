/// Replaces personal data by `PI:KEY`, `PI:EMAIL`, `PI:USER` and `PI:IP_ADDRESS`, ROOTS' convention.
///
/// ```swift
/// var text = Array("Ask alice@example.com".utf8)
/// Redaction().apply(to: &text)       // "Ask PI:EMAIL", .changed(detail: "EMAIL 1")
/// ```
///
/// A scanner over bytes, in time proportional to the text. Redacting twice is redacting once, and what touches a replacement
/// is never a match. The rules:
///
/// - `EMAIL`: `local@domain.tld` in ASCII or accented Latin letters; not file names such as `icon@2x.png`. Addresses in
///   other scripts, or without a dot in the domain, are not found.
/// - `USER`: `@name` of 3 to 30 letters, digits, `_`, `.` or `-`, where no word, path or pattern runs into the sign; not
///   the words of documentation comments and style sheets (`@param`, `@media` …), calls and macros (`@app.route(`,
///   `@article{`) or package scopes (`@scope/name`).
/// - `IP_ADDRESS`: four numbers up to 255, or the forms of RFC 4291. Addresses that say nothing about anybody stay:
///   private, loopback, link-local, multicast, reserved and documentation ranges. Version numbers stay: behind a word such
///   as `version`, behind `name/` or `name-`, before `-beta` or `+`, and all those of four single digits.
/// - `KEY`: 20 and more letters, digits, `_`, `-`, `+` and `/` that change between digits, lower and upper case at least at
///   every fourth character, with three digits and three letters and an effective alphabet of seven; or 20 and more behind
///   the prefix of a known service. Hexadecimal digests look the same, and go too.
/// - `ID`: 6 to 24 digits, letters and `-` with at least six digits that make half of it; dates stay.
/// - `NUMBER`: 8 to 15 digits in groups, behind `+` or 0 or with separators; dates stay.
public struct Redaction: CleaningStage {
    public let kinds: [PersonalDataKind]
    private let rules: RedactionRules

    /// Looks for some kinds: ROOTS' four unless told otherwise.
    public init(_ kinds: [PersonalDataKind] = PersonalDataKind.standard) {
        self.kinds = PersonalDataKind.allCases.filter(kinds.contains)
        rules = RedactionRules(kinds)
    }

    public var name: String { "redaction" }

    /// Redacts; the detail counts each kind found, such as `KEY 1, EMAIL 2`.
    @discardableResult
    public func apply(to text: inout [UInt8]) -> StageOutcome {
        let counts = redact(&text)
        if counts.isEmpty { return .kept(measure: nil) }
        return .changed(detail: counts.map { "\($0.kind.rawValue) \($0.count)" }.joined(separator: ", "))
    }

    /// Redacts; gives how many of each kind there were, in the order of ``PersonalDataKind``, without those of none.
    public func redact(_ text: inout [UInt8]) -> [(kind: PersonalDataKind, count: Int)] {
        var counts = [Int](repeating: 0, count: PersonalDataKind.allCases.count)
        // What stood beside a match may itself be one now: looked at again until there is nothing. Two rounds find nothing
        // new but in contrived texts, for which there is a bound.
        for _ in 0..<Self.roundsMax {
            let found = redactOnce(&text)
            if found.isEmpty { break }
            for kind in found { counts[kind.order] += 1 }
        }
        return PersonalDataKind.allCases.filter { counts[$0.order] > 0 }.map { ($0, counts[$0.order]) }
    }

    private static let roundsMax = 8

    private func redactOnce(_ text: inout [UInt8]) -> [PersonalDataKind] {
        let matches = text.withUnsafeBufferPointer { bytes in
            var scan = RedactionScan(bytes, rules)
            return scan.matches()
        }
        guard !matches.isEmpty else { return [] }
        var redacted = [UInt8]()
        redacted.reserveCapacity(text.count + 8)
        var start = 0
        for match in matches {
            redacted.append(contentsOf: text[start..<match.range.lowerBound])
            redacted.append(contentsOf: match.kind.replacement.utf8)
            start = match.range.upperBound
        }
        redacted.append(contentsOf: text[start...])
        text = redacted
        return matches.map(\.kind)
    }
}

/// Which kinds are looked for.
struct RedactionRules: Sendable {
    let keys, emails, users, addresses, numbers, identifiers: Bool

    init(_ kinds: [PersonalDataKind]) {
        keys = kinds.contains(.key)
        emails = kinds.contains(.email)
        users = kinds.contains(.user)
        addresses = kinds.contains(.address)
        numbers = kinds.contains(.number)
        identifiers = kinds.contains(.identifier)
    }
}
