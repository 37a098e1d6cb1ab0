/// Figures for people, made of whole numbers only, so that they are the same everywhere.
enum FigureText {
    /// A count with commas: `1,234,567`.
    static func count(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number.magnitude).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    /// A size in bytes, rounded to a tenth: `512 B`, `1.5 kB`, `2.0 MB`.
    static func bytes(_ number: Int) -> String {
        guard number >= 1_000 else { return "\(number) B" }
        var (unit, name) = (1_000, "kB")
        for (larger, largerName) in [(1_000_000, "MB"), (1_000_000_000, "GB"), (1_000_000_000_000, "TB")]
        where number >= larger {
            (unit, name) = (larger, largerName)
        }
        let tenths = number / (unit / 10) + (number % (unit / 10) >= unit / 20 ? 1 : 0)
        return "\(count(tenths / 10)).\(tenths % 10) \(name)"
    }

    /// A share in per cent, rounded to a tenth: `12.5 %`.
    static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part >= 0, part <= whole else { return "–" }
        let halves = whole.dividingFullWidth(part.multipliedFullWidth(by: 2_000)).quotient
        let tenths = (halves + 1) / 2
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
