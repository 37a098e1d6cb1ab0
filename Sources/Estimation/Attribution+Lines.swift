import Simulation

extension Attribution {
    /// The whole attribution for people: a row for each category that takes time, in seconds and in shares of the step.
    public var lines: [String] {
        let parts = [mean, stages[busiestStage], criticalPath]
        var rows = [["seconds", "mean", "", "busiest: stage \(busiestStage)", "", "critical path", ""]]
        var shown = parts.map { _ in 0.0 }
        for category in TimeCategory.allCases
        where parts.contains(where: { $0[category] > 0 && $0[category] >= 0.0005 * seconds }) {
            rows.append([category.name] + parts.flatMap { cells($0[category]) })
            for index in parts.indices { shown[index] += parts[index][category] }
        }
        let rest = zip(parts, shown).map { max(0, $0.total - $1) }
        if rest.contains(where: { $0 > 1e-9 * seconds }) { rows.append(["other"] + rest.flatMap(cells)) }
        rows.append(["step"] + parts.flatMap { cells($0.total) })
        return Lines.table(rows).map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
    }

    /// Where the mean accelerator's time goes, the largest parts first, in lines of at most `width` characters; the first
    /// begins with `opening`.
    public func summary(width: Int, after opening: String? = nil) -> [String] {
        var parts = TimeCategory.allCases.filter { $0.kind != .bubble || $0 == .imbalance }
            .map { (name: $0.name, seconds: mean[$0]) }
        parts.append(("bubble", bubbleSeconds))
        parts.sort { $0.seconds > $1.seconds }
        let shown = parts.filter { $0.seconds >= 0.005 * seconds && $0.seconds > 0 }
        let rest = seconds - shown.reduce(0) { $0 + $1.seconds }
        var words = shown.map { "\(Lines.percent($0.seconds / seconds)) \($0.name)" }
        if rest >= 0.0005 * seconds { words.append("\(Lines.percent(rest / seconds)) other") }
        var lines = opening.map { [$0] } ?? []
        for (index, word) in words.enumerated() {
            let word = word + (index + 1 < words.count ? "," : "")
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(word)
            }
        }
        return lines
    }

    /// The mean accelerator's wait for other stages.
    private var bubbleSeconds: Double { mean[.warmupBubble] + mean[.steadyBubble] + mean[.drainBubble] }

    private func cells(_ part: Double) -> [String] {
        [Lines.significant(part), seconds > 0 ? Lines.percent(part / seconds) : ""]
    }
}
