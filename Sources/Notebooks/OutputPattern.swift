import Foundation

/// What a recorded output accepts: itself, byte for byte, and what its lines explicitly leave open.
///
/// | line | accepts |
/// |---|---|
/// | any | the same line |
/// | `…(glob)` | `*` any characters, `?` any one |
/// | `…(re)` | what the regular expression matches from begin to end |
/// | `…(≈ 1e-3)` | numbers that differ relatively by no more; all else the same |
/// | `...` | any number of lines |
///
/// The mark comes after a space at the end of the line. Numbers may have their thousands apart by commas.
struct OutputPattern {
    private let recorded: [String]

    init(recorded: [String]) { self.recorded = recorded }

    /// Whether this output could have been meant.
    func accepts(_ printed: [String]) -> Bool {
        if recorded.count == printed.count, zip(recorded, printed).allSatisfy(Self.isSame) { return true }
        // reach[p]: whether the patterns so far accept the first p lines.
        var reach = [Bool](repeating: false, count: printed.count + 1)
        reach[0] = true
        for line in recorded {
            let open = Opening(line)
            let skips = line == "..."
            var next = [Bool](repeating: false, count: printed.count + 1)
            for place in 0...printed.count {
                if skips, reach[place] || (place > 0 && next[place - 1]) { next[place] = true }
                guard place > 0, reach[place - 1], !next[place] else { continue }
                next[place] = Self.isSame(line, printed[place - 1]) || open?.accepts(printed[place - 1]) ?? false
            }
            reach = next
        }
        return reach[printed.count]
    }

    /// By bytes: the same letters may be written in several ways, and which one is part of the output.
    private static func isSame(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}

/// A line that accepts others beside itself.
private enum Opening {
    case expression(NSRegularExpression)
    case near([LinePiece], Double)

    /// `nil` for a line without a mark; a regular expression that is none accepts nothing.
    init?(_ line: String) {
        if let glob = line.dropping(suffix: " (glob)") {
            let pattern = NSRegularExpression.escapedPattern(for: glob)
                .replacingOccurrences(of: "\\*", with: ".*").replacingOccurrences(of: "\\?", with: ".")
            self.init(expression: pattern)
        } else if let pattern = line.dropping(suffix: " (re)") {
            self.init(expression: pattern)
        } else if line.hasSuffix(")"), let mark = line.range(of: " (≈ ", options: .backwards),
            let tolerance = Double(line[mark.upperBound...].dropLast())
        {
            self = .near(LinePiece.pieces(of: String(line[..<mark.lowerBound])), tolerance)
        } else {
            return nil
        }
    }

    private init?(expression: String) {
        guard let compiled = try? NSRegularExpression(pattern: "^(?:\(expression))$") else { return nil }
        self = .expression(compiled)
    }

    func accepts(_ line: String) -> Bool {
        switch self {
        case .expression(let expression):
            return expression.firstMatch(in: line, range: NSRange(line.startIndex..., in: line)) != nil
        case .near(let pieces, let tolerance):
            let others = LinePiece.pieces(of: line)
            return pieces.count == others.count && zip(pieces, others).allSatisfy { $0.isNear($1, tolerance) }
        }
    }
}

/// A number of a line, or a character between them; runs of spaces count as one, since columns move.
private enum LinePiece {
    case number(Double)
    case character(Character)

    static func pieces(of line: String) -> [LinePiece] {
        let number = /[-+]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?/
        var found: [LinePiece] = []
        var rest = line[...]
        while let first = rest.first {
            if let match = rest.prefixMatch(of: number),
                let value = Double(String(match.output).replacingOccurrences(of: ",", with: ""))
            {
                found.append(.number(value))
                rest = rest[match.range.upperBound...]
            } else {
                found.append(.character(first))
                rest = first == " " ? rest.drop { $0 == " " } : rest.dropFirst()
            }
        }
        return found
    }

    func isNear(_ other: LinePiece, _ tolerance: Double) -> Bool {
        switch (self, other) {
        case (.number(let a), .number(let b)): a == b || abs(a - b) <= tolerance * max(abs(a), abs(b))
        case (.character(let a), .character(let b)): a == b
        default: false
        }
    }
}

extension String {
    fileprivate func dropping(suffix: String) -> String? { hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil }
}
