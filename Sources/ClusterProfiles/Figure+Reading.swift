import Diagnostics
import TypedYAML

extension Figure {
    enum Key: String, CaseIterable { case value, scope, year, source }
}

extension YAMLValue {
    /// A number with its source: `{value: 300, source: "…"}`, and where they matter `scope: France, year: 2022`.
    ///
    /// An override gives the number alone, or only `value`: the command line is then the source. In a file a figure
    /// without source is refused with `profile.missing-source`.
    func figure(_ bounds: NumberBounds) throws(Diagnostic) -> Figure {
        try figure { (value) throws(Diagnostic) in
            let number = try value.number(bounds)
            // Sums and products of figures must stay numbers, whatever is multiplied with what.
            guard abs(number) <= Self.figureMost else {
                throw Diagnostic(
                    "\(subject).implausible", "no machine has such a figure", at: value.location,
                    expected: "at most \(Self.figureMost)", found: value.node.described, remedy: "look at its unit")
            }
            return number
        }
    }

    private static var figureMost: Double { 1e12 }

    /// A count with its source.
    func wholeFigure(in range: ClosedRange<Int>) throws(Diagnostic) -> Figure {
        try figure { (value) throws(Diagnostic) in Double(try value.integer(in: range)) }
    }

    private func figure(_ number: (YAMLValue) throws(Diagnostic) -> Double) throws(Diagnostic) -> Figure {
        if case .scalar = node.content {
            if case .commandLine(let label) = node.origin { return Figure(try number(self), source: overridden(label)) }
            throw missingSource()
        }
        let reader = try section(Figure.Key.self)
        let value = try reader.required(.value)
        if case .commandLine(let label) = value.node.origin {
            return Figure(try number(value), source: overridden(label))
        }
        guard let source = reader.optional(.source) else { throw missingSource() }
        return Figure(
            try number(value), source: try source.text(), scope: try reader.optional(.scope)?.text(),
            year: try reader.optional(.year)?.integer(in: 1900...2200))
    }

    private func overridden(_ label: String) -> String { "set on the command line (\(label))" }

    private func missingSource() -> Diagnostic {
        Diagnostic(
            "\(subject).missing-source", "the figure names no source", at: location,
            expected: "{value: NUMBER, source: \"WHO SAYS SO\"}", found: node.described,
            remedy: "an assumption is a source too, if it says so")
    }
}
