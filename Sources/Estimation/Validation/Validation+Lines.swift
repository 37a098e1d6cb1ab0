import Tables

extension Validation {
    /// The comparison for people: a table of families, their worst rows, and why rows were left out.
    public var lines: [String] {
        let families = families.filter { $0.all.rows + $0.all.outOfMemoryRows > 0 }
        guard !families.isEmpty else { return ["No row could be used.", ""] + skippedLines }
        return table(families) + [""] + Self.legend + [""] + worstLines(families) + memoryLines(families) + skippedLines
    }

    private static let legend = [
        "error: mean of |predicted − measured| ÷ measured, in %; bias: with its sign; null: the error",
        "of one constant, operations ÷ (median efficiency × peak); rank: Kendall's tau-b between",
        "layouts of one model; regret: cost of choosing the best prediction, in %; inside: % of rows in",
        "the 80 % interval; memory: error of the bytes, in %",
    ]

    private func table(_ families: [FamilySummary]) -> [String] {
        let heading = ["family", "rows", "error", "bias", "median", "null", "rank", "regret", "inside", "memory"]
        let total = families.count > 1 ? [total] : []
        return Lines.table(
            [heading]
                + (families + total).flatMap { family -> [[String]] in
                    let rows = [row(family.family, family.all)]
                    guard family.fitted.rows > 0, family.heldOut.rows > 0 else {
                        return family.fitted.rows == 0 ? rows : [row(family.family + ", fitted", family.all)]
                    }
                    return rows + [row("  fitted", family.fitted), row("  held out", family.heldOut)]
                })
    }

    private func row(_ name: String, _ summary: ErrorSummary) -> [String] {
        func percent(_ share: Double?) -> String { share.map { Lines.number(100 * $0, decimals: 1) } ?? "–" }
        let regret = summary.meanRegret.map {
            percent($0) + " ≤ " + percent(summary.largestRegret)
        }
        return [
            name, "\(summary.rows)", percent(summary.meanAbsoluteError), percent(summary.bias),
            percent(summary.medianAbsoluteError), percent(summary.nullModelError),
            summary.rankCorrelation.map { Lines.number($0, decimals: 2) } ?? "–", regret ?? "–",
            summary.insideInterval.map { Lines.number(100 * $0) } ?? "–", percent(summary.meanAbsoluteMemoryError),
        ]
    }

    private func worstLines(_ families: [FamilySummary]) -> [String] {
        let rows = families.flatMap { family in
            family.all.worst.enumerated().map { index, worst in
                (index == 0 ? family.family : "", signed(worst.error) + "  " + worst.id)
            }
        }
        return ["Worst rows"] + Lines.pairs(rows).map { "  " + $0 } + [""]
    }

    private func memoryLines(_ families: [FamilySummary]) -> [String] {
        let rows = families.compactMap { family -> (String, String)? in
            let summary = family.all
            guard summary.outOfMemoryRows + summary.falseAlarms > 0 else { return nil }
            return (
                family.family,
                "\(summary.outOfMemoryPredicted) of \(summary.outOfMemoryRows) runs that ended for want of memory "
                    + "foreseen, \(summary.falseAlarms) of \(summary.rows) others"
            )
        }
        return rows.isEmpty ? [] : ["Out of memory"] + Lines.pairs(rows).map { "  " + $0 } + [""]
    }

    /// The reasons for which rows were left out, each with how many, in the order of the rows.
    private var skippedLines: [String] {
        var reasons: [String] = []
        var ids: [[String]] = []
        for outcome in outcomes {
            guard case .skipped(let reason) = outcome.result else { continue }
            if let place = reasons.firstIndex(of: reason) {
                ids[place].append(outcome.id)
            } else {
                reasons.append(reason)
                ids.append([outcome.id])
            }
        }
        guard !reasons.isEmpty else { return [] }
        return ["Left out"]
            + zip(reasons, ids).flatMap { reason, ids in
                TextTable.wrapped(
                    "\(ids.count)  \(reason): \(ids.prefix(3).joined(separator: ", "))"
                        + (ids.count > 3 ? ", …" : ""), width: 96
                ).enumerated().map { $0 == 0 ? "  " + $1 : "     " + $1 }
            }
    }

    /// A line for each row: predicted and measured seconds, the error, and what was assumed.
    public var rowLines: [String] {
        Lines.table(
            [["row", "predicted s", "measured s", "error", "memory GiB", "measured"]]
                + outcomes.map { outcome in
                    switch outcome.result {
                    case .compared(let row):
                        [
                            outcome.id, Lines.significant(row.predictedSeconds), Lines.significant(row.measuredSeconds),
                            signed(row.error), Lines.significant(row.predictedBytes / 0x1p30),
                            row.measuredBytes.map { Lines.significant($0 / 0x1p30) } ?? "–",
                        ]
                    case .ranOutOfMemory(let bytes, _):
                        [outcome.id, "–", "–", "–", Lines.significant(bytes / 0x1p30), "out of memory"]
                    case .skipped: [outcome.id, "left out", "", "", "", ""]
                    }
                })
    }

    private func signed(_ share: Double) -> String {
        (share >= 0 ? "+" : "−") + Lines.number(100 * share.magnitude, decimals: 1) + " %"
    }
}
