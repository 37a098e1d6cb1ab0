import Foundation

/// The name of one run: `20261123-214501-nano-3f9a`, that is UTC start to the second, recipe name, and a suffix.
///
/// Ids sort by start time, are valid as the last component of a git reference and as a folder name, and consist of
/// lower-case ASCII letters, digits, `-`, `_` and `.` only. The suffix has 4 to 6 hexadecimal digits; the first four
/// are the fraction of the second in units of 1/65,536 s, so that runs of one second sort by start time too, and "the
/// latest" is the latest.
public struct RunID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The whole id.
    public let text: String

    /// The longest recipe part; longer names are cut.
    static let recipeCharactersMax = 40

    /// The id of a run that starts at `time`; the suffix is the fraction of the second unless it is given.
    public init(recipe: String, startedAt time: Date, suffix: UInt16? = nil) {
        let seconds = time.timeIntervalSince1970
        let fraction = UInt16(((seconds - seconds.rounded(.down)) * 65_536).rounded(.down))
        text = "\(Self.stamp(time))-\(Self.sanitised(recipe))-\(hexadecimal(suffix ?? fraction))"
    }

    /// Reads an id; `nil` when the text is not one.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 8, parts[1].count == 6,
            parts[0].allSatisfy(isDigit), parts[1].allSatisfy(isDigit),
            (4...6).contains(parts[parts.count - 1].count), parts[parts.count - 1].allSatisfy(isHexadecimal)
        else { return nil }
        let recipe = parts[2..<(parts.count - 1)].map { String(Substring($0)) }.joined(separator: "-")
        guard recipe == Self.sanitised(recipe) else { return nil }
        self.text = text
    }

    private init(unchecked text: String) { self.text = text }

    /// The id to try when this one is taken: the same start and recipe, the suffix counted up (`ffff` goes to `0000`).
    public var next: RunID {
        let cut = text.index(text.endIndex, offsetBy: -suffixText.count)
        let suffix = UInt16(truncatingIfNeeded: (Int(suffixText, radix: 16) ?? 0) + 1)
        return RunID(unchecked: text[..<cut] + hexadecimal(suffix))
    }

    /// The recipe part, as sanitised.
    public var recipe: String {
        String(text.dropFirst(16).dropLast(suffixText.count + 1))
    }

    /// The start, to the second.
    public var started: Date {
        let digits = Array(text.utf8.prefix(15))
        func number(_ range: Range<Int>) -> Int32 {
            digits[range].reduce(0) { $0 * 10 + Int32($1) - 48 }
        }
        var civil = tm()
        civil.tm_year = number(0..<4) - 1900
        civil.tm_mon = number(4..<6) - 1
        civil.tm_mday = number(6..<8)
        civil.tm_hour = number(9..<11)
        civil.tm_min = number(11..<13)
        civil.tm_sec = number(13..<15)
        return Date(timeIntervalSince1970: TimeInterval(timegm(&civil)))
    }

    /// The start to the minute, in UTC, for people: `2026-11-23 21:45`.
    public var startedMinute: String {
        var result = Array(text.utf8.prefix(13))
        result[8] = UInt8(ascii: " ")
        result.insert(UInt8(ascii: ":"), at: 11)
        result.insert(UInt8(ascii: "-"), at: 6)
        result.insert(UInt8(ascii: "-"), at: 4)
        return String(decoding: result, as: UTF8.self)
    }

    public var description: String { text }

    /// By the second of the start, then the suffix, then the recipe.
    public static func < (a: RunID, b: RunID) -> Bool {
        let (second, other) = (a.text.prefix(15), b.text.prefix(15))
        if second != other { return second < other }
        return (a.suffixText, a.text) < (b.suffixText, b.text)
    }

    private var suffixText: Substring {
        text[(text.lastIndex(of: "-").map(text.index(after:)) ?? text.startIndex)...]
    }

    /// `YYYYMMDD-HHMMSS` in UTC.
    private static func stamp(_ time: Date) -> String {
        var seconds = time_t(time.timeIntervalSince1970.rounded(.down))
        var civil = tm()
        gmtime_r(&seconds, &civil)
        let day =
            padded(Int(civil.tm_year) + 1900, 4) + padded(Int(civil.tm_mon) + 1, 2) + padded(Int(civil.tm_mday), 2)
        return day + "-" + padded(Int(civil.tm_hour), 2) + padded(Int(civil.tm_min), 2) + padded(Int(civil.tm_sec), 2)
    }

    /// Lower-case letters and digits, joined by single separators; anything else becomes `-`.
    private static func sanitised(_ name: String) -> String {
        var result = [UInt8]()
        var separator: UInt8?
        for byte in name.lowercased().utf8.prefix(4 * recipeCharactersMax) {
            if isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) {
                if let separator, !result.isEmpty { result.append(separator) }
                separator = nil
                result.append(byte)
            } else {
                let kept = separator == nil && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_"))
                separator = kept ? byte : UInt8(ascii: "-")
            }
            if result.count >= recipeCharactersMax { break }
        }
        return result.isEmpty ? "run" : String(decoding: result, as: UTF8.self)
    }
}

/// A number in decimal with leading zeros up to `width` digits.
func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func hexadecimal(_ suffix: UInt16) -> String {
    let digits = String(suffix, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
}

private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

private func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (97...102).contains(byte) }
