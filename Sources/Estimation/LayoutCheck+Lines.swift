extension LayoutCheck {
    /// The check for people: the model's size, what is wrong with the programs, and the memory of the worst rank.
    public var lines: [String] {
        let count = problems.count
        let verdict = isLegal ? "sound" : "\(count) problem\(count == 1 ? "" : "s")"
        let shown = problems.prefix(Self.problemsShown).map { "  \($0)" }
        let rest = count > Self.problemsShown ? ["  and \(count - Self.problemsShown) more"] : []
        return Lines.pairs([
            ("recipe", recipe.name), ("parameters", Lines.number(Double(parameters))),
            ("ranks", Lines.number(Double(ranks))), ("programs", verdict),
        ]) + shown + rest + [""] + memory.lines(profile)
    }

    private static let problemsShown = 8
}
