/// Numbers for people: fixed formats that no locale changes.

/// `value` with `digits` decimals.
func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (abs(value) * scale).rounded()
    let whole = Int(rounded / scale)
    let rest = String(Int(rounded - Double(whole) * scale))
    let sign = value < 0 && rounded > 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(whole)" }
    return "\(sign)\(whole)." + String(repeating: "0", count: digits - rest.count) + rest
}

/// An integer with thousands separated by commas.
func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = ""
    for (i, digit) in digits.enumerated() {
        if i > 0, (digits.count - i) % 3 == 0 { text += "," }
        text.append(digit)
    }
    return (value < 0 ? "-" : "") + text
}

/// A count with its noun: `1 language`, `2 languages`.
func counted(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }

/// Three significant digits, without an exponent where that stays short.
func significant(_ value: Double) -> String {
    let magnitude = abs(value)
    switch magnitude {
    case 0: return "0"
    case 100...: return magnitude < 1e9 ? grouped(Int(value.rounded())) : scientific(value)
    case 10..<100: return fixed(value, 1)
    case 1..<10: return fixed(value, 2)
    case 0.001..<1: return fixed(value, magnitude < 0.01 ? 5 : magnitude < 0.1 ? 4 : 3)
    default: return scientific(value)
    }
}

/// Two decimals and an exponent, such as 3.00e-04.
func scientific(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return fixed(value, 2) + "e+00" }
    var (mantissa, exponent) = (abs(value), 0)
    while mantissa >= 9.995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 0.9995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    let digits = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
    return (value < 0 ? "-" : "") + fixed(mantissa, 2) + "e" + (exponent < 0 ? "-" : "+") + digits
}

/// Seconds as h:mm:ss or m:ss.
func clock(_ seconds: Double) -> String {
    let total = Int(max(0, min(seconds, 1e9)).rounded())
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    let (h, m, s) = (total / 3600, total / 60 % 60, total % 60)
    return h > 0 ? "\(h):\(two(m)):\(two(s))" : "\(m):\(two(s))"
}

/// Bytes in GiB, MiB or KiB with three significant digits.
func bytesText(_ bytes: Int) -> String {
    let value = Double(bytes)
    if value >= 1_073_741_824 { return significant(value / 1_073_741_824) + " GiB" }
    if value >= 1_048_576 { return significant(value / 1_048_576) + " MiB" }
    return significant(value / 1024) + " KiB"
}
