import Foundation

/// What a recorded output accepts: itself, and what its lines explicitly leave open.
///
/// | line | accepts |
/// |---|---|
/// | any | the same line |
/// | `…(glob)` | `*` any characters, `?` any one |
/// | `…(re)` | what the regular expression matches from begin to end |
/// | `…(≈ 1e-3)` | numbers that differ relatively by no more; all else the same |
/// | `...` | any number of lines |
///
/// The mark comes after a space at the end of the line.
struct OutputPattern {
    let recorded: [String]

    /// Whether this output could have been meant.
    func accepts(_ printed: [String]) -> Bool {
        if recorded == printed { return true }
        // reach[p]: whether the patterns so far accept the first p lines.
        var reach = [Bool](repeating: false, count: printed.count + 1)
        reach[0] = true
        for line in recorded {
            var next = [Bool](repeating: false, count: printed.count + 1)
            for place in 0...printed.count {
                if line == "...", reach[place] || (place > 0 && next[place - 1]) { next[place] = true }
                if place > 0, reach[place - 1], Self.accepts(line, printed[place - 1]) { next[place] = true }
            }
            reach = next
        }
        return reach[printed.count]
    }

    private static func accepts(_ line: String, _ printed: String) -> Bool {
        if line == printed { return true }
        if let pattern = line.dropping(suffix: " (glob)") { return matches(printed, globExpression(pattern)) }
        if let pattern = line.dropping(suffix: " (re)") { return matches(printed, pattern) }
        guard line.hasSuffix(")"), let mark = line.range(of: " (≈ ", options: .backwards),
            let tolerance = Double(line[mark.upperBound...].dropLast())
        else { return false }
        return isNear(String(line[..<mark.lowerBound]), printed, tolerance)
    }

    /// Whether a pattern is one at all; a regular expression that is none accepts nothing.
    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? NSRegularExpression(pattern: "^(?:\(pattern))$") else { return false }
        return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    private static func globExpression(_ glob: String) -> String {
        NSRegularExpression.escapedPattern(for: glob)
            .replacingOccurrences(of: "\\*", with: ".*").replacingOccurrences(of: "\\?", with: ".")
    }

    /// Whether two lines differ in their numbers only, and in these by no more than the tolerance.
    private static func isNear(_ line: String, _ printed: String, _ tolerance: Double) -> Bool {
        let (a, b) = (pieces(line), pieces(printed))
        guard a.count == b.count else { return false }
        return zip(a, b).allSatisfy { x, y in
            if x == y { return true }
            guard let (p, q) = Double(x).flatMap({ p in Double(y).map { (p, $0) } }) else { return false }
            return abs(p - q) <= tolerance * max(abs(p), abs(q))
        }
    }

    /// A line cut into numbers and what stands between them; runs of spaces count as one, since columns move.
    private static func pieces(_ line: String) -> [String] {
        var found: [String] = []
        var rest = line[...]
        while !rest.isEmpty {
            if let number = rest.prefixMatch(of: /[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/) {
                found.append(String(number.0))
                rest = rest[number.range.upperBound...]
            } else if rest.first == " " {
                rest = rest.drop { $0 == " " }
                found.append(" ")
            } else {
                found.append(String(rest.removeFirst()))
            }
        }
        return found
    }
}

extension String {
    fileprivate func dropping(suffix: String) -> String? { hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil }
}
