/// Numbers and text as a picture holds them.
extension Drawing {
    /// At most two decimals.
    package static func number(_ value: Double) -> String {
        var text = fixed(value, 2)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// So many decimals; the value has less than 16 digits.
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        precondition(value.magnitude < 1e15, "a picture has no place for \(value)")
        let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
        let rounded = Int((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 && rounded > 0 ? "-" : ""
        guard decimals > 0 else { return sign + "\(rounded)" }
        let rest = String(rounded % scale)
        return sign + "\(rounded / scale)." + String(repeating: "0", count: decimals - rest.count) + rest
    }

    /// A whole number with its thousands in groups.
    package static func grouped(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var groups = ""
        while digits.count > 3 {
            groups = "," + digits.suffix(3) + groups
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + digits + groups
    }

    /// A share of the whole, in percent with one decimal.
    package static func percent(_ share: Double) -> String { fixed(100 * share, 1) + " %" }

    /// About how many pixels a text takes, and rather too many: which font draws it is not known.
    package static func width(of text: String, size: Double = 13) -> Double { 0.56 * size * Double(text.count) }

    /// Text that is safe inside an element; characters that XML has no place for become spaces.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
