/// Pieces of Markdown and YAML that cards are made of.
enum CardText {
    /// A table in Markdown; columns of figures are set to the right.
    static func table(_ header: [String], figures: Set<Int> = [], _ rows: [[String]]) -> String {
        let rule = header.indices.map { figures.contains($0) ? "---:" : "---" }
        let lines = [header, rule] + rows.map { $0.map(cell) }
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    /// A text as it may stand in a table.
    private static func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("\n", with: " ")
    }

    /// A text in YAML's double quotes: codes such as `no` would be truth values without them.
    static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }

    /// A whole number in groups of three digits.
    static func grouped(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// A number to four significant digits, without an exponent where people write none.
    static func figure(_ number: Double) -> String {
        guard number.isFinite, number != 0 else { return number == 0 ? "0" : "not a finite number" }
        var size = 0
        var rest = number.magnitude
        while rest >= 10 { (rest, size) = (rest / 10, size + 1) }
        while rest < 1 { (rest, size) = (rest * 10, size - 1) }
        var scale = 1.0
        for _ in 0..<abs(3 - size) { scale *= 10 }
        let rounded =
            size <= 3 ? (number * scale).rounded() / scale : (number / scale).rounded() * scale
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? grouped(Int(rounded)) : "\(rounded)"
    }

    static func joules(_ joules: Double) -> String {
        joules < 3.6e3
            ? "\(figure(joules)) J" : joules < 3.6e9 ? "\(figure(joules / 3.6e6)) kWh" : "\(figure(joules / 3.6e9)) MWh"
    }

    static func grams(_ grams: Double) -> String {
        grams < 1e3 ? "\(figure(grams)) g" : grams < 1e6 ? "\(figure(grams / 1e3)) kg" : "\(figure(grams / 1e6)) t"
    }

    static func seconds(_ seconds: Double) -> String {
        seconds < 120
            ? "\(figure(seconds)) s" : seconds < 7200 ? "\(figure(seconds / 60)) min" : "\(figure(seconds / 3600)) h"
    }

    static func counted(_ number: Int, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }
}
