import Recipes
import Tables

extension LayoutPlan {
    /// The plan for people: the ranking, what became of all other layouts, and what would make the closest of them fit.
    public var lines: [String] {
        heading + [""] + ranking + [""] + account + unendingLines + missLines + hints
    }

    private var heading: [String] {
        [
            "\(recipe.name) on \(request.nodes) node\(request.nodes == 1 ? "" : "s") of \(profile.name): "
                + "\(Lines.number(Double(accelerators))) × \(profile.accelerator.name), "
                + "batch \(Lines.number(Double(recipe.batch.global))), \(recipe.precision.rawValue), "
                + "\(recipe.layout.style.rawValue)"
        ]
    }

    private var ranking: [String] {
        guard let best = candidates.first else {
            return ["no layout is left"] + (unconstrained.map { ["the fastest that fits:"] + table([$0]) } ?? [])
        }
        let beyond = best.extrapolation.map { ["", $0.text] } ?? []
        return table(candidates) + beyond + ["", "the first:"] + wrapped(best.recipe.layout.options)
    }

    /// At most 100 columns.
    private func table(_ estimates: [Estimate]) -> [String] {
        let heading = [
            "tensor", "pipeline", "data", "micro-batch", "schedule", "ZeRO", "recompute", "seq", "step s", "MFU", "GiB",
            "days",
        ]
        return Lines.table([heading] + estimates.map(row))
    }

    private func row(_ estimate: Estimate) -> [String] {
        let layout = estimate.recipe.layout
        let schedule = layout.interleave > 1 ? "1f1b × \(layout.interleave)" : layout.schedule.rawValue
        return [
            "\(layout.tensor)", "\(layout.pipeline)", "\(layout.data)", "\(layout.microBatch)", schedule,
            "\(layout.zero)", layout.recompute.rawValue, layout.sequenceParallel ? "yes" : "no",
            Lines.significant(estimate.secondsPerStep), Lines.percent(estimate.modelUtilisation),
            Lines.significant(estimate.memory.total / 0x1p30), Lines.significant(estimate.campaign.days),
        ]
    }

    private var account: [String] {
        func count(_ number: Int) -> String { Lines.number(Double(number)) }
        var rows = [
            [count(considered), "layouts in all"], [count(estimated), "of them estimated"],
            [count(ruledOut), "slower than these by a lower bound on their time"],
        ]
        for reason in Rejection.allCases where rejected(reason) > 0 {
            rows.append([count(rejected(reason)), reason.explanation])
        }
        let width = rows.map { $0[0].count }.max() ?? 0
        return rows.map { String(repeating: " ", count: width - $0[0].count) + $0[0] + "  " + $0[1] }
    }

    private var unendingLines: [String] {
        guard let unending else { return [] }
        return ["", "why a run does not end:"] + TextTable.wrapped(unending.description, width: 96).map { "  " + $0 }
    }

    private var missLines: [String] {
        guard let miss = closestMiss else { return [] }
        let excess = Lines.gibibytes(miss.excessBytes)
        return ["", "closest to fitting, \(excess) too much on stage \(miss.memory.coordinate.pipeline):"]
            + wrapped(miss.recipe.layout.options) + FittingChange.lines(miss.wouldFit, ranks: accelerators)
    }

    private var hints: [String] {
        guard rejected(.data) > 0, recipe.layout.style == .serre else { return [] }
        let legal = recipe.legalDataDegrees().map { "\($0)" }
        let shown = legal.count > 8 ? legal.prefix(3) + ["…"] + legal.suffix(2) : legal[...]
        return [
            "", "the recipe's \(recipe.lanes) lanes allow data degrees " + shown.joined(separator: ", ") + ";",
            "--set lanes=N allows others, and changes the result",
        ]
    }

    /// Options in lines of at most 98 columns, set in by two.
    private func wrapped(_ options: String) -> [String] {
        var lines: [String] = []
        for part in options.replacing(" --", with: "\n--").split(separator: "\n") {
            if let last = lines.last, last.count + 1 + part.count <= 98 {
                lines[lines.count - 1] += " " + part
            } else {
                lines.append("  " + part)
            }
        }
        return lines
    }
}

extension FittingChange {
    /// What would make a layout fit, for people.
    public static func lines(_ changes: [FittingChange], ranks: Int) -> [String] {
        guard !changes.isEmpty else { return ["no change of one or two options would make it fit"] }
        return ["would fit with:"]
            + changes.map { change in
                change.accelerators == ranks
                    ? "  " + change.options
                    : "  \(change.options) (on \(Lines.number(Double(change.accelerators))) accelerators)"
            }
    }

    /// The lines of a finding, with these behind the one that says that the layout does not fit.
    public static func lines(_ changes: [FittingChange], ranks: Int, within finding: [String]) -> [String] {
        guard let place = finding.firstIndex(where: { $0.hasPrefix(MemoryEstimate.misfit) }) else { return finding }
        return finding[...place] + lines(changes, ranks: ranks) + finding[(place + 1)...]
    }
}
