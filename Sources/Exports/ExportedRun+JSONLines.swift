import Ledger

extension ExportedRun {
    /// The steps as JSON Lines: an object per step with the columns of ``csv()`` as keys, all of them in every line and in one
    /// order, `null` where there is no value, so that readers of tables (pandas, Arrow, DuckDB) find one type per column.
    ///
    /// Numbers that are not finite are `null`, too: JSON has none. Their bits are in the fingerprint.
    public func jsonLines() -> String {
        let columns = self.columns + (steps.contains { $0["rank_seconds"] != nil } ? ["rank_seconds"] : [])
        return steps.map { step in
            let members = columns.map { "\"\($0)\":\(Self.jsonCell($0, of: step))" }
            return "{" + members.joined(separator: ",") + "}\n"
        }.joined()
    }

    private static func jsonCell(_ column: String, of step: JSONTree) -> String {
        let exact = step["fingerprint"]?.text.flatMap(StepMetrics.ExactNumbers.init(fingerprint:))
        let number: Double? =
            switch column {
            case "loss": exact?.loss
            case "gradient_norm": exact?.gradientNorm
            case "update_sum": exact?.updateSum
            default: nil
            }
        if let number { return number.isFinite ? "\(number)" : "null" }
        switch step[column] {
        case .integer(let value)? where !whole.contains(column): return "\(Double(value))"
        case .integer(let value)?: return "\(value)"
        case .number(let value)?: return value.isFinite ? "\(value)" : "null"
        case .flag(let value)?: return "\(value)"
        case .string(let text)?: return (try? JSONTree.string(text).document().dropLast()).map(String.init) ?? "null"
        case .array(let elements)?: return "[" + elements.map { $0.text ?? "null" }.joined(separator: ",") + "]"
        default: return "null"
        }
    }

    /// Columns of whole numbers; the others stay numbers with a point even where a value has nothing behind it.
    private static let whole = ["step", "samples", "tokens"]
}
