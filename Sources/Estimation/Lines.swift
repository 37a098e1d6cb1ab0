import Foundation

/// Numbers and aligned columns for people to read.
enum Lines {
    /// A number with a fixed number of decimals and its thousands in groups.
    static func number(_ value: Double, decimals: Int = 0) -> String {
        let plain = String(format: "%.\(decimals)f", value)
        let parts = plain.split(separator: ".", maxSplits: 1)
        var grouped = ""
        for (index, digit) in parts[0].reversed().enumerated() {
            if index > 0, index % 3 == 0, digit != "-" { grouped.append(",") }
            grouped.append(digit)
        }
        return String(grouped.reversed()) + (parts.count > 1 ? ".\(parts[1])" : "")
    }

    /// Three or more significant digits, in the unit's own terms: 0.00123, 12.3, 12,345.
    static func significant(_ value: Double) -> String {
        let magnitude = value.magnitude
        // No quantity of a real run is so large.
        if magnitude >= 1e15 { return scientific(value) }
        if magnitude == 0 || magnitude >= 1000 { return number(value) }
        if magnitude >= 100 { return number(value, decimals: 1) }
        if magnitude >= 1 { return number(value, decimals: 2) }
        return String(format: "%.3g", value)
    }

    /// A round number on an axis, as short as it goes: 0.5, 20, 500, 20,000, 2 M.
    static func tick(_ value: Double) -> String {
        if value >= 1e6 { return short(value / 1e6) + " M" }
        return value >= 1 && value == value.rounded() ? number(value) : short(value)
    }

    private static func short(_ value: Double) -> String { String(format: "%g", value) }

    /// A large number in words: 350 million, 6.74 billion, 1.40 trillion.
    static func amount(_ value: Double) -> String {
        switch value {
        case 1e12...: significant(value / 1e12) + " trillion"
        case 1e9...: significant(value / 1e9) + " billion"
        case 1e6...: significant(value / 1e6) + " million"
        default: number(value)
        }
    }

    /// 1 node, 1,024 nodes.
    static func nodes(_ count: Int) -> String { number(Double(count)) + (count == 1 ? " node" : " nodes") }

    /// Two decimals and an exponent, such as 3.14e+23.
    static func scientific(_ value: Double) -> String { String(format: "%.2e", value) }

    /// Days from two days on, else hours from two hours on, else seconds.
    static func duration(_ seconds: Double) -> String {
        if seconds >= 2 * 86400 { return significant(seconds / 86400) + " days" }
        return seconds >= 2 * 3600 ? significant(seconds / 3600) + " hours" : significant(seconds) + " s"
    }

    /// Hours from one hour on, else minutes or seconds.
    static func interval(_ seconds: Double) -> String {
        if seconds >= 3600 { return significant(seconds / 3600) + " h" }
        return seconds >= 120 ? significant(seconds / 60) + " min" : significant(seconds) + " s"
    }

    /// Bytes in decimal units, as files are counted.
    static func bytes(_ count: Double) -> String {
        if count >= 1e12 { return significant(count / 1e12) + " TB" }
        return count >= 1e9 ? significant(count / 1e9) + " GB" : significant(count / 1e6) + " MB"
    }

    /// A number as it was written down: no more digits than it has.
    static func plain(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e6 ? number(value) : String(format: "%.6g", value)
    }

    /// A text of at most so many characters.
    static func clipped(_ text: String, _ length: Int) -> String {
        text.count > length ? text.prefix(length - 1) + "…" : text
    }

    static func gibibytes(_ bytes: Double) -> String { significant(bytes / 0x1p30) + " GiB" }

    static func percent(_ share: Double) -> String { number(100 * share, decimals: 1) + " %" }

    /// Rows of a name and what is to be said of it.
    static func pairs(_ rows: [(String, String)]) -> [String] {
        let width = rows.map { $0.0.count }.max() ?? 0
        return rows.map { padded($0.0, width) + "  " + $0.1 }
    }

    /// A table whose first row is its heading; the first column is aligned left, the others right.
    static func table(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == 0 ? padded(cell, widths[0]) : padding(widths[column] - cell.count) + cell
            }.joined(separator: "  ")
        }
    }

    private static func padded(_ text: String, _ width: Int) -> String { text + padding(width - text.count) }
    private static func padding(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
