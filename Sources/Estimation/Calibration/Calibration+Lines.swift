extension Calibration {
    /// The calibration for people: the constants, those that stayed, and the errors.
    public var lines: [String] {
        constantLines + [""] + rowLines + [""] + errorLines
    }

    private var constantLines: [String] {
        let changed = constants.filter { $0.outcome == .fitted || $0.outcome == .atItsLimit }
        let rows = changed.map { constant in
            [
                Lines.significant(constant.before), Lines.significant(constant.after),
                constant.outcome == .atItsLimit
                    ? "at its limit" : constant.relativeError.map { "± \(Self.percent($0))" } ?? "",
                constant.key,
            ]
        }
        var lines = changed.isEmpty ? [] : Self.table([["before", "after", "error", "constant"]] + rows)
        func name(_ outcome: Outcome, _ words: String) {
            let keys = constants.filter { $0.outcome == outcome }.map(\.key)
            if !keys.isEmpty { lines += ["\(words):"] + keys.map { "  \($0)" } }
        }
        name(.unidentified, "left as they were, since these measurements cannot tell them")
        name(.unused, "left as they were, since no measurement depends on them")
        return lines
    }

    private var rowLines: [String] {
        let header = ["measured s", "before", "fitted", "held out", "what"]
        let most = 24
        let cells = rows.prefix(most).map { row in
            func error(_ seconds: Double) -> String { Self.signed(seconds / row.measurement.seconds - 1) }
            return [
                Lines.significant(row.measurement.seconds), error(row.before), error(row.after),
                row.heldOut.map(error) ?? "", Self.shortened(row.measurement.label),
            ]
        }
        let rest = rows.count > most ? ["… and \(rows.count - most) more rows (--json lists all)"] : []
        return Self.table([header] + cells) + rest
    }

    private var errorLines: [String] {
        var pairs = [
            ("before", "\(Self.percent(meanError(\.before))) mean error of \(rows.count) rows"),
            ("fitted", "\(Self.percent(meanError(\.after))) on the rows that it was fitted to"),
        ]
        if let heldOutError {
            pairs.append(
                (
                    "held out",
                    "\(Self.percent(heldOutError)) on rows that a fit did not see; the profile is fitted to all rows"
                ))
        } else {
            pairs.append(("held out", "unknown: one row alone cannot be held out"))
        }
        return Lines.pairs(pairs)
    }

    private static func signed(_ share: Double) -> String { (share >= 0 ? "+" : "") + percent(share) }

    private static func shortened(_ label: String) -> String {
        label.count > 56 ? label.prefix(55) + "…" : label
    }

    /// All columns but the last are numbers, aligned to the right.
    static func table(_ rows: [[String]]) -> [String] {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == columns - 1
                    ? cell : String(repeating: " ", count: widths[column] - cell.count) + cell
            }.joined(separator: "  ")
        }
    }
}

extension Calibration: Encodable {
    enum CodingKeys: String, CodingKey {
        case constants, rows
        case abovePeak = "above_peak"
        case errorBefore = "error_before"
        case errorAfter = "error_after"
        case errorHeldOut = "error_held_out"
    }

    /// The keys of `serre calibrate --json`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(constants, forKey: .constants)
        try container.encode(rows, forKey: .rows)
        try container.encode(peakExcesses, forKey: .abovePeak)
        try container.encode(meanError(\.before), forKey: .errorBefore)
        try container.encode(meanError(\.after), forKey: .errorAfter)
        try container.encode(heldOutError, forKey: .errorHeldOut)
    }
}

extension Calibration.Constant: Encodable {
    enum CodingKeys: String, CodingKey {
        case key, before, after, outcome
        case relativeError = "relative_error"
    }

    /// An error that nothing bounds is `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key)
        try container.encode(before, forKey: .before)
        try container.encode(after, forKey: .after)
        try container.encode(outcome.rawValue.split(separator: " ").joined(separator: "_"), forKey: .outcome)
        try container.encode(relativeError.flatMap { $0.isFinite ? $0 : nil }, forKey: .relativeError)
    }
}

extension Calibration.Row: Encodable {
    enum CodingKeys: String, CodingKey {
        case file, line, what
        case measured = "measured_seconds"
        case before = "predicted_before_seconds"
        case after = "predicted_seconds"
        case heldOut = "held_out_seconds"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(measurement.file, forKey: .file)
        try container.encode(measurement.line, forKey: .line)
        try container.encode(measurement.label, forKey: .what)
        try container.encode(measurement.seconds, forKey: .measured)
        try container.encode(before, forKey: .before)
        try container.encode(after, forKey: .after)
        try container.encode(heldOut, forKey: .heldOut)
    }
}
