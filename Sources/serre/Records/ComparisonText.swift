import Ledger
import Tables

/// A comparison of two runs as `serre runs diff` prints it, at most 100 characters wide.
struct ComparisonText {
    let lines: [String]

    init(_ comparison: RunComparison) {
        var lines = Self.runs(comparison) + ["", Self.verdict(comparison)]
        let causes = comparison.sections.filter { $0.decides && !$0.section.isResult }
        let results = comparison.sections.filter { $0.section.isResult }
        let others = comparison.sections.filter { !$0.decides && !$0.section.isResult }
        for section in causes { lines += Self.section(section) }
        lines += Self.steps(comparison.steps)
        for section in results + others { lines += Self.section(section) }
        self.lines = lines
    }

    private static func runs(_ c: RunComparison) -> [String] {
        var table = TextTable(header: [])
        for (letter, run, last) in [("a", c.a, c.steps.lastA), ("b", c.b, c.steps.lastB)] {
            table.rows.append([letter, run.run.text, "\(run.state.rawValue), \(last ?? 0) steps recorded"])
        }
        return table.lines
    }

    // MARK: The verdict

    private static func verdict(_ c: RunComparison) -> String {
        switch c.verdict {
        case .noCommonSteps: return "No step was recorded by both runs, so their results cannot be compared."
        case .identical: return identical(c)
        case .parted(let step): return parted(c, at: step)
        }
    }

    private static func identical(_ c: RunComparison) -> String {
        let digests = c.steps.digests.common
        var text = "The results are identical bit for bit in what both recorded: \(counted(c.steps.common, "step"))"
        text += digests > 0 ? " and \(counted(digests, "state digest"))" : ", but no state digest"
        let names = c.sections.filter { !$0.section.isResult }.map { name($0.section) }
        if c.isEmpty { return text + ".\nNothing that is compared differs." }
        return names.isEmpty ? text + "." : text + ",\nalthough these differ: " + names.joined(separator: ", ") + "."
    }

    private static func parted(_ c: RunComparison, at step: Int) -> String {
        let causes = c.sections.filter { $0.decides && !$0.section.isResult }.map { name($0.section) }
        let start = "The runs part at step \(step)"
        guard causes.isEmpty else {
            return start + ". What decides the result differs: \(causes.joined(separator: ", "))."
        }
        return """
            \(start), although nothing that decides the result differs: at least one of them did not compute
            what its record says. `serre runs bisect` finds the first instruction and tensor that differ.
            """
    }

    // MARK: Steps

    private static func steps(_ s: StepComparison) -> [String] {
        var lines = [String]()
        if let first = s.first {
            lines += [
                "", "steps: \(s.differing) of \(s.common) differ; the first, step \(first.a.step), in number and bits",
            ]
            var table = TextTable(header: [])
            let (x, y) = (first.a.exactNumbers, first.b.exactNumbers)
            let numbers = [
                ("loss", x?.loss ?? first.a.loss, y?.loss ?? first.b.loss),
                ("gradient norm", x?.gradientNorm, y?.gradientNorm), ("update sum", x?.updateSum, y?.updateSum),
            ]
            for (name, a, b) in numbers where a?.bitPattern != b?.bitPattern {
                table.rows.append(["  " + name, bits(a), bits(b)])
            }
            lines += table.lines
            for largest in s.largest {
                let name = largest.quantity.replacing("_", with: " ")
                let size = largest.difference.map { "differs most, by \(significant($0))," } ?? "is not finite"
                lines.append("  the \(name) \(size) at step \(largest.step)")
            }
        }
        if let first = s.digests.first {
            let last =
                s.digests.lastEqual.map { "the last equal ones are those of step \($0)" } ?? "none before is equal"
            lines += ["", "state digests: \(last); the first that differ"]
            lines += table([ValueDifference("step \(first.step)", first.a, first.b)])
        }
        if s.lastA != s.lastB {
            lines += ["", "length: a has \(counted(s.lastA ?? 0, "step")), b has \(counted(s.lastB ?? 0, "step"))"]
        }
        return lines
    }

    private static func bits(_ number: Double?) -> String {
        guard let number else { return "-" }
        let digits = String(number.bitPattern, radix: 16)
        return "\(number) (\(String(repeating: "0", count: 16 - digits.count))\(digits))"
    }

    // MARK: Sections

    private static let rowsMax = 12

    private static func section(_ section: ComparedSection) -> [String] {
        let all = section.differences
        var lines = [
            "", name(section.section) + (section.decides && !section.section.isResult ? " (decides the result)" : ""),
        ]
        lines += table(Array(all.prefix(rowsMax)))
        if all.count > rowsMax { lines.append("  and \(all.count - rowsMax) more, which --json lists") }
        return lines
    }

    private static func table(_ differences: [ValueDifference]) -> [String] {
        let values = differences.map { (a: shown($0.a), b: shown($0.b)) }
        // Keys have what the values leave.
        let widths = (values.map(\.a.count).max() ?? 0) + (values.map(\.b.count).max() ?? 0)
        var table = TextTable(header: [])
        for (one, value) in zip(differences, values) {
            table.rows.append(["  " + cut(one.key, to: max(36, 94 - widths)), value.a, value.b])
        }
        return table.lines
    }

    private static func shown(_ value: String?) -> String {
        guard let value else { return "-" }
        let line = value.split(whereSeparator: \.isNewline).joined(separator: " ")
        if line.utf8.count == 40, line.utf8.allSatisfy(isHexadecimal) { return String(line.prefix(10)) }
        return cut(line, to: line.hasPrefix("sha256:") ? 19 : 28)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(width - 1) + "…"
    }

    private static func name(_ section: ComparedSection.Section) -> String {
        switch section {
        case .layout: "layout and hosts"
        case .policies: "what is saved, measured and recorded"
        case .serre: "Serre"
        case .suites: "results of suites"
        default: section.rawValue
        }
    }

    private static func counted(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
